import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';

/** What the public API answered: status, and the body where it was JSON. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Body;
}

export interface MoneyDto {
  readonly value: number;
  readonly currency: string;
}

export interface PaymentDto {
  readonly id: string;
  readonly status: 'created' | 'completed' | 'failed';
  readonly payerId: string;
  readonly payeeId: string;
  readonly amount: MoneyDto;
  readonly note: string | null;
  readonly entry: { ledger: string; id: string; revision: number } | null;
  readonly failure: string | null;
}

export interface ProblemDto {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

export interface WalletDto {
  readonly ledger: string;
  readonly account: string;
  readonly balance: MoneyDto;
  /** The balance without what is on hold. */
  readonly available: MoneyDto;
  readonly frozen: 'in' | 'out' | 'both' | null;
  readonly closed: boolean;
  readonly revision: number;
}

export interface NotificationDto {
  readonly id: string;
  readonly kind: string;
  readonly paymentId: string;
  readonly text: string;
  readonly locale: string;
}

export interface HistoryItemDto {
  readonly revision: number;
  readonly entryId: string;
  readonly kind: string;
  /** A payment's id for `kind` `p2p`. */
  readonly reference: string;
  readonly amount: MoneyDto;
  readonly balanceAfter: MoneyDto;
}

export interface Page<Item> {
  readonly items: Item[];
  /** Given back as `cursor`; null where there is no more to read. */
  readonly nextCursor: string | null;
}

export interface PaymentRequest {
  readonly payee: { channel: string; handle: string };
  readonly amount: MoneyDto;
  readonly channel?: string;
  readonly note?: string;
}

interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, where the point is that it is not JSON. */
  readonly rawBody?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

const pageSize = 100;

/** Somebody who uses Florin by its public HTTP API, as an app or a person with curl would. */
export class ApiClient {
  private readonly agent: Agent;

  constructor(
    readonly baseUrl: string,
    options: { connections?: number } = {},
  ) {
    this.agent = new Agent({
      connections: options.connections ?? 64,
      bodyTimeout: 60_000,
      headersTimeout: 60_000,
    });
  }

  async call<Body = unknown>(method: string, path: string, options: CallOptions = {}): Promise<Answer<Body>> {
    const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await request(`${this.baseUrl}${path}`, {
      method: method as 'GET',
      dispatcher: this.agent,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.body.text();
    const json = /json/.test(String(response.headers['content-type']));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: (json && text !== '' ? JSON.parse(text) : text) as Body,
    };
  }

  /** As `call`, but throws with what was answered unless the status is one of `expected`. */
  async expect<Body>(
    expected: number | number[],
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Body> {
    const answer = await this.call<Body>(method, path, options);
    if (![expected].flat().includes(answer.status)) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  /** Registers somebody by phone and signs them in with the code from the development outbox. */
  async register(person: { name: string; phone: string; market?: string; locale?: string }): Promise<Person> {
    const { challengeId } = await this.expect<{ challengeId: string }>(202, 'POST', '/v1/registrations', {
      body: { market: 'it', locale: 'it', ...person },
    });
    const session = await this.signIn(challengeId, person.phone);
    return new Person(this, person.name, person.phone, session.personId, session.accessToken);
  }

  private async signIn(
    challengeId: string,
    phone: string,
  ): Promise<{ personId: string; accessToken: string }> {
    const outbox = await this.expect<{ items: { code: string | null }[] }>(
      200,
      'GET',
      `/v1/dev/outbox?to=${encodeURIComponent(phone)}&limit=1`,
    );
    const code = outbox.items[0]?.code;
    if (code === undefined || code === null) throw new Error(`no code was sent to ${phone}`);
    return this.expect(200, 'POST', '/v1/sessions', { body: { challengeId, code } });
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}

/** A signed-in person. */
export class Person {
  constructor(
    private readonly api: ApiClient,
    readonly name: string,
    readonly phone: string,
    readonly id: string,
    readonly token: string,
  ) {}

  call<Body = unknown>(method: string, path: string, options: CallOptions = {}): Promise<Answer<Body>> {
    return this.api.call<Body>(method, path, { token: this.token, ...options });
  }

  fund(value: number, currency = 'EUR', key: string = randomUUID()): Promise<unknown> {
    return this.api.expect(201, 'POST', '/v1/test-funding', {
      token: this.token,
      headers: { 'idempotency-key': key },
      body: { amount: { value, currency } },
    });
  }

  /** Sends a payment; the answer may be 201 (done), 202 (under way) or a problem. */
  pay(payment: PaymentRequest, key: string = randomUUID(), waitSeconds = 10): Promise<Answer<PaymentDto>> {
    return this.call('POST', '/v1/payments', {
      headers: { 'idempotency-key': key, prefer: `wait=${waitSeconds}` },
      body: { channel: 'whatsapp', ...payment },
    });
  }

  async payment(id: string): Promise<PaymentDto> {
    return this.api.expect(200, 'GET', `/v1/payments/${id}`, { token: this.token });
  }

  async balance(): Promise<WalletDto> {
    return this.api.expect(200, 'GET', '/v1/balance', { token: this.token });
  }

  /** Every payment of theirs, newest first. */
  payments(): Promise<PaymentDto[]> {
    return this.pages('/v1/payments');
  }

  /** Everything that moved on their wallet, newest first. */
  history(): Promise<HistoryItemDto[]> {
    return this.pages('/v1/history');
  }

  /** Everything they were told, oldest first. */
  feed(): Promise<NotificationDto[]> {
    return this.pages('/v1/notifications');
  }

  /** Reads a list to its end. */
  private async pages<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let query = ''; ;) {
      const page = await this.api.expect<Page<Item>>(200, 'GET', `${path}?limit=${pageSize}${query}`, {
        token: this.token,
      });
      items.push(...page.items);
      if (page.nextCursor === null) return items;
      query = `&cursor=${page.nextCursor}`;
    }
  }

  async linkHandle(channel: string, handle: string): Promise<void> {
    await this.api.expect(201, 'POST', '/v1/handles', { token: this.token, body: { channel, handle } });
  }
}
