import type { Stack } from '@florin/local-stack';
import { askAuditor, eventually, inParallel, type ApiClient, type Person } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { v4 as uuidv4 } from 'uuid';
import { ledger, PlatformClient, transfer, type Transfer, type Try } from './platform-client.js';

export interface Product {
  readonly dataDir: string;
  readonly stack: Stack;
  readonly api: ApiClient;
}

interface Payment {
  readonly id: string;
  readonly payer: Person;
  readonly payee: Person;
}

const funding = 1_000_000;
const crowdSize = 4;
const accountCount = 6;
export const payers = 3;
export const callers = 6;
const settledMs = 90_000;

/** Money that moves through both doors of one book: payments of people, and transfers that a platform asks of the ledger. */
export class BothDoors {
  /** The instances of the wallet that are to be asked. */
  targets: string[];
  readonly payments: Payment[] = [];
  readonly done: { readonly asked: Transfer; readonly revision: unknown }[] = [];
  /** All that was answered to requests for payments. */
  readonly answers: Pick<Try, 'status' | 'retryAfter'>[] = [];
  private turns = 0;

  private constructor(
    private readonly stack: Stack,
    readonly platform: PlatformClient,
    private readonly people: readonly Person[],
    readonly accounts: readonly string[],
  ) {
    this.targets = [stack.urls.wallet];
  }

  /** With people and accounts that have money. A try of the platform lasts `tryMs` at most. */
  static async open({ dataDir, stack, api }: Product, tryMs: number): Promise<BothDoors> {
    const people = await inParallel(crowdSize, crowdSize, async (index) => {
      const person = await api.register({ name: 'Prova Prova', phone: `+3933360${10_000 + index}` });
      await person.fund(funding);
      return person;
    });
    const platform = await PlatformClient.of(dataDir, stack, tryMs);
    const owners = Array.from({ length: accountCount }, () => uuidv4());
    const accounts = owners.map((owner) => `wallet:${owner}`);
    const opened = owners.map((owner) => ({ account: `wallet:${owner}`, owner }));
    const url = `${stack.urls.wallet}/v1/accounts/batch`;
    const answer = await platform.ask(url, { ledger, accounts: opened });
    expect(answer).toMatchObject({ status: 200, body: { opened: accountCount } });
    const doors = new BothDoors(stack, platform, people, accounts);
    for (const account of accounts) {
      await doors.move(transfer('source:test-money', account, funding, { kind: 'test-funding' }));
    }
    return doors;
  }

  /** Asks each of the targets in turn. */
  readonly nextTarget = (): string => this.targets[this.turns++ % this.targets.length] as string;

  async move(asked: Transfer, next = this.nextTarget): Promise<void> {
    const { revision } = await this.platform.untilDone(asked, next);
    this.done.push({ asked, revision });
  }

  /** One more transfer. */
  moveOne(next = this.nextTarget): Promise<void> {
    const [from, to] = this.accounts as [string, string];
    return this.move(transfer(from, to, 1), next);
  }

  /** Works through both doors until `stop`, which resolves when the last has its answer. */
  load(): { stop(): Promise<void> } {
    let over = false;
    let made = 0;
    const { accounts } = this;
    const working = [
      inParallel(callers, callers, async () => {
        for (; !over; await sleep(20)) {
          const n = made++;
          const from = accounts[n % accountCount] as string;
          const to = accounts[(n + 1 + (n % (accountCount - 1))) % accountCount] as string;
          await this.move(transfer(from, to, 1 + (n % 90)));
        }
      }),
      inParallel(payers, payers, async () => {
        for (; !over; await sleep(150)) await this.pay(made++);
      }),
    ];
    // What fails is told by `stop`, and may fail before that is asked.
    for (const each of working) each.catch(() => undefined);
    return {
      stop: async () => {
        over = true;
        await Promise.all(working);
      },
    };
  }

  private async pay(index: number): Promise<void> {
    const payer = this.people[index % crowdSize] as Person;
    const payee = this.people[(index + 1) % crowdSize] as Person;
    const request = {
      payee: { channel: 'phone', handle: payee.phone },
      amount: { value: 1 + (index % 50), currency: 'EUR' },
    };
    for (const key = randomUUID(); ; await sleep(200)) {
      const { status, headers, body } = await payer.pay(request, key, 1);
      this.answers.push({ status, retryAfter: 'retry-after' in headers });
      if (status < 300) return void this.payments.push({ id: body.id, payer, payee });
      if (status < 500) throw new Error(JSON.stringify(body));
    }
  }

  /** Whether the payment that was taken last has come to its end. */
  async newestIsComplete(): Promise<boolean> {
    const newest = this.payments.at(-1);
    return newest !== undefined && (await newest.payer.payment(newest.id)).status === 'completed';
  }

  /** What was asked through either door is there once, told once, and in one history; nothing may be under way. */
  async expectOnce(): Promise<void> {
    const { stack, people, payments, done, accounts } = this;
    await inParallel(payments.length, 8, async (index) => {
      const { id, payer } = payments[index] as Payment;
      await eventually(async () => expect((await payer.payment(id)).status).toBe('completed'), settledMs);
    });
    const { body: replayed } = await askAuditor<{ balances: Record<string, number> }>(
      ...([stack.eventStoreUrl, 'replay'] as const),
    );
    for (const person of people) {
      const own = payments.filter(({ payer, payee }) => payer === person || payee === person);
      const ids = own.map(({ id }) => id).sort();
      const history = (await person.history()).filter(({ kind }) => kind === 'p2p');
      expect(history.map(({ reference }) => reference).sort()).toEqual(ids);
      await eventually(async () => {
        expect((await person.feed()).map(({ paymentId }) => paymentId).sort()).toEqual(ids);
      }, settledMs);
      expect(replayed.balances[`wallet:${person.id}`]).toBe((await person.balance()).balance.value);
    }
    const moved = new Map(accounts.map((account) => [account, 0]));
    for (const { asked } of done) {
      moved.set(asked.from, (moved.get(asked.from) ?? 0) - asked.amount);
      moved.set(asked.to, (moved.get(asked.to) ?? 0) + asked.amount);
    }
    for (const account of accounts) expect(replayed.balances[account]).toBe(moved.get(account));
    expect(new Set(done.map(({ revision }) => revision)).size).toBe(done.length);
    const { body } = await askAuditor(stack.eventStoreUrl, 'verify');
    expect(body).toMatchObject({
      ...{ verified: true, trialBalance: 0, finding: null },
      entries: people.length + payments.length + done.length,
    });
  }
}
