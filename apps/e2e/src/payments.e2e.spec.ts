import { startStack, type Stack } from '@florin/local-stack';
import { ApiClient, type PaymentDto, type Person, type ProblemDto } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('a payment over the public API', () => {
  let dataDir: string;
  let stack: Stack;
  let api: ApiClient;
  let anna: Person;
  let bruno: Person;
  let carla: Person;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-e2e-'));
    stack = await startStack({ dataDir, ports: 'free' });
    api = new ApiClient(stack.gatewayUrl);
    anna = await api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await api.register({ name: 'Bruno Bianchi', phone: '+393331000002', locale: 'en' });
    carla = await api.register({ name: 'Carla Verdi', phone: '+393331000003' });
    await carla.linkHandle('instagram', 'carla.verdi');
    await anna.fund(20_000);
  }, 120_000);

  afterAll(async () => {
    await api?.close();
    await stack?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);

  const toBruno = (value: number) => ({
    payee: { channel: 'phone', handle: bruno.phone },
    amount: { value, currency: 'EUR' },
  });

  it('moves money, and the next read of either balance shows it', async () => {
    const answer = await anna.pay({ ...toBruno(1250), note: 'La pizza' });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/payments/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      status: 'completed',
      payerId: anna.id,
      payeeId: bruno.id,
      amount: { value: 1250, currency: 'EUR' },
      note: 'La pizza',
      failure: null,
    });
    const [ofAnna, ofBruno] = await Promise.all([anna.balance(), bruno.balance()]);
    expect(ofAnna.balance).toEqual({ value: 18_750, currency: 'EUR' });
    expect(ofBruno.balance).toEqual({ value: 1250, currency: 'EUR' });
    expect(ofAnna.revision).toBeGreaterThanOrEqual(answer.body.entry?.revision ?? Infinity);
  });

  it('finds a payee by a handle of another channel', async () => {
    const answer = await bruno.pay({
      payee: { channel: 'instagram', handle: '@Carla.Verdi' },
      amount: { value: 500, currency: 'EUR' },
      channel: 'instagram',
    });
    expect(answer.body).toMatchObject({ status: 'completed', payeeId: carla.id });
    expect((await carla.balance()).balance.value).toBe(500);
  });

  it('can be paid in the moment after registering', async () => {
    const newcomer = await api.register({ name: 'Nuovo Arrivato', phone: '+393331000009' });
    const answer = await anna.pay({
      payee: { channel: 'phone', handle: newcomer.phone },
      amount: { value: 100, currency: 'EUR' },
    });
    expect(answer.body.status).toBe('completed');
    expect((await newcomer.balance()).balance.value).toBe(100);
  });

  it('sent twice with one key is one payment with one answer, also at the same time and after a restart', async () => {
    const key = randomUUID();
    const before = (await anna.balance()).balance.value;
    const answers = await Promise.all(Array.from({ length: 5 }, () => anna.pay(toBruno(100), key)));
    const [first] = answers;
    for (const answer of answers) {
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual(first?.body);
    }
    await stack.kill('payments', 'SIGKILL');
    await stack.start('payments');
    const later = await anna.pay(toBruno(100), key);
    expect([later.status, later.body]).toEqual([201, first?.body]);
    expect((await anna.balance()).balance.value).toBe(before - 100);
  }, 60_000);

  it('is answered 202 with a place to look when the caller does not wait', async () => {
    const answer = await anna.pay(toBruno(100), randomUUID(), 0);
    expect(answer.status).toBe(202);
    expect(answer.headers['location']).toBe(`/v1/payments/${answer.body.id}`);
    await eventually(async () => expect((await anna.payment(answer.body.id)).status).toBe('completed'));
  });

  it('is told to both sides once, each in their language', async () => {
    const { body } = await anna.pay(toBruno(321));
    await eventually(async () => {
      const [toAnna, toBruno] = await Promise.all([
        messagesAbout(anna, body.id),
        messagesAbout(bruno, body.id),
      ]);
      expect(toAnna).toHaveLength(1);
      expect(toBruno).toHaveLength(1);
      expect(toAnna[0]?.locale).toBe('it');
      expect(toAnna[0]?.text).toContain('3,21');
      expect(toBruno[0]?.locale).toBe('en');
      expect(toBruno[0]?.text).toContain('3.21');
    });
  });

  it('is listed to both sides, newest first, page by page', async () => {
    const { body } = await anna.pay(toBruno(11));
    for (const person of [anna, bruno]) {
      const all: string[] = [];
      let before = '';
      do {
        const page = await person.call<{ items: PaymentDto[]; next: string | null }>(
          'GET',
          `/v1/payments?limit=2${before}`,
        );
        expect(page.status).toBe(200);
        all.push(...page.body.items.map((payment) => payment.id));
        before = page.body.next === null ? '' : `&before=${page.body.next}`;
      } while (before !== '');
      expect(all[0]).toBe(body.id);
      expect(all).toEqual([...new Set(all)].sort().reverse());
    }
  });

  describe('what is refused changes nothing', () => {
    const refusals: [string, () => Promise<{ status: number; body: unknown }>, number, string][] = [
      ['insufficient funds', () => carla.pay(toBruno(50_000)), 422, 'insufficient-funds'],
      [
        'an unknown payee',
        () =>
          anna.pay({
            payee: { channel: 'phone', handle: '+393339999999' },
            amount: { value: 1, currency: 'EUR' },
          }),
        404,
        'payee-unknown',
      ],
      [
        'the own account as payee',
        () =>
          anna.pay({
            payee: { channel: 'phone', handle: anna.phone },
            amount: { value: 1, currency: 'EUR' },
          }),
        422,
        'payee-is-payer',
      ],
      [
        'another currency',
        () => anna.pay({ ...toBruno(1), amount: { value: 1, currency: 'BRL' } }),
        422,
        'currency-mismatch',
      ],
      ['amount zero', () => anna.pay(toBruno(0)), 400, 'invalid-request'],
      ['a negative amount', () => anna.pay(toBruno(-1)), 400, 'invalid-request'],
      ['a fraction of a cent', () => anna.pay(toBruno(12.5)), 400, 'invalid-request'],
      [
        'beyond the safe integers',
        () => raw('{"value":9007199254740993,"currency":"EUR"}'),
        400,
        'invalid-request',
      ],
      ['a float that looks whole', () => raw('{"value":1e30,"currency":"EUR"}'), 400, 'invalid-request'],
      ['an amount in a string', () => raw('{"value":"100","currency":"EUR"}'), 400, 'invalid-request'],
      [
        'JSON cut short',
        () => anna.call('POST', '/v1/payments', jsonHeaders('{"payee":')),
        400,
        'malformed-json',
      ],
      [
        'no Idempotency-Key',
        () => anna.call('POST', '/v1/payments', { body: { ...toBruno(1), channel: 'whatsapp' } }),
        400,
        'idempotency-key-missing',
      ],
      ['no token', () => api.call('POST', '/v1/payments', { body: toBruno(1) }), 401, 'token-missing'],
      [
        'a token of somebody else’s making',
        () =>
          anna.call('POST', '/v1/payments', {
            body: toBruno(1),
            token: `${anna.token.slice(0, -8)}AAAAAAAA`,
          }),
        401,
        'token-invalid',
      ],
    ];

    const jsonHeaders = (rawBody: string) => ({ rawBody, headers: { 'idempotency-key': randomUUID() } });
    const raw = (amount: string) =>
      anna.call(
        'POST',
        '/v1/payments',
        jsonHeaders(
          `{"payee":{"channel":"phone","handle":"${bruno.phone}"},"channel":"whatsapp","amount":${amount}}`,
        ),
      );

    it.each(refusals)('%s', async (_name, attempt, status, type) => {
      const before = await balances();
      const answer = await attempt();
      const problem = answer.body as ProblemDto;
      expect({ status: answer.status, type: problem.type }).toEqual({
        status,
        type: `https://florin.dev/problems/${type}`,
      });
      expect(problem.status).toBe(status);
      expect(problem.detail.length).toBeGreaterThan(10);
      expect(await balances()).toEqual(before);
    });

    it('a key used again for something else', async () => {
      const key = randomUUID();
      expect((await anna.pay(toBruno(1), key)).status).toBe(201);
      const before = await balances();
      const answer = await anna.pay(toBruno(2), key);
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({ type: 'https://florin.dev/problems/idempotency-key-reused' });
      expect(await balances()).toEqual(before);
    });

    it("somebody else's payment is not found", async () => {
      const { body } = await anna.pay(toBruno(1));
      const answer = await carla.call('GET', `/v1/payments/${body.id}`);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ type: 'https://florin.dev/problems/payment-not-found' });
    });

    const balances = () =>
      Promise.all([anna, bruno, carla].map(async (person) => (await person.balance()).balance.value));
  });

  async function messagesAbout(person: Person, paymentId: string) {
    const { items } = await person.notifications(100);
    return items.filter((item) => item.paymentId === paymentId);
  }
});

async function eventually(expectation: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
