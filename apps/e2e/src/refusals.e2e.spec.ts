import { ApiClient, eventually, type Answer, type Person, type ProblemDto } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newKey, tokenSigner } from './tokens.js';
import { euros, World } from './world.js';

type Attempt = () => Promise<Answer>;
type Case = [name: string, attempt: Attempt, status: number, type: string];

describe('what is refused', () => {
  let world: World;
  let anna: Person;
  let bruno: Person;
  let carla: Person;
  let paymentId: string;

  beforeAll(async () => {
    world = await World.start();
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
    carla = await world.api.register({ name: 'Carla Verdi', phone: '+393331000003' });
    await anna.fund(20_000);
    paymentId = (await anna.pay(euros(bruno, 100))).body.id;
    // An event opens a wallet: the last one may still be on its way.
    await Promise.all([anna, bruno, carla].map((person) => eventually(() => person.balance())));
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  /** What each side has: balance, entries, payments. */
  const belongings = () =>
    Promise.all(
      [anna, bruno, carla].map(async (person) => [
        (await person.balance()).balance,
        await person.history(),
        await person.payments(),
      ]),
    );

  async function expectRefusal(attempt: Attempt, status: number, type: string): Promise<void> {
    const before = await belongings();
    expectProblem(await attempt(), status, type);
    expect(await belongings()).toEqual(before);
  }

  const post = (rawBody: string, headers: Record<string, string> = {}): Attempt => {
    return () =>
      anna.call('POST', '/v1/payments', {
        rawBody,
        headers: { 'idempotency-key': randomUUID(), ...headers },
      });
  };
  /** A payment to Bruno whose amount is written as it stands. */
  const amount = (text: string): Attempt =>
    post(
      `{"payee":{"channel":"phone","handle":"+393331000002"},"channel":"whatsapp","amount":{"value":${text},"currency":"EUR"}}`,
    );

  describe('by what is asked', () => {
    const cases: Case[] = [
      [
        'an unknown payee',
        () => anna.pay({ ...euros(bruno, 1), payee: { channel: 'phone', handle: '+393339999999' } }),
        404,
        'payee-unknown',
      ],
      ['the own account as payee', () => anna.pay(euros(anna, 1)), 422, 'payee-is-payer'],
      [
        'another currency',
        () => anna.pay({ ...euros(bruno, 1), amount: { value: 1, currency: 'BRL' } }),
        422,
        'currency-mismatch',
      ],
      ['amount zero', amount('0'), 400, 'amount-zero'],
      ['a negative amount', amount('-1'), 400, 'amount-negative'],
      ['a fraction of a cent', amount('12.5'), 400, 'amount-fractional'],
      ['an amount beyond the safe integers', amount('9007199254740993'), 400, 'number-too-large'],
      ['an amount in floating point', amount('1e2'), 400, 'invalid-request'],
      ['an amount in a string', amount('"100"'), 400, 'invalid-request'],
      ['JSON cut short', post('{"payee":'), 400, 'malformed-json'],
      ['an amount that hides another', amount('100,"value":1'), 400, 'duplicate-key'],
      [
        'JSON in Latin-1',
        post('{}', { 'content-type': 'application/json; charset=iso-8859-1' }),
        415,
        'unsupported-media-type',
      ],
      ['a packed body', post('{}', { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type'],
      [
        'a text that cannot be stored',
        () => anna.pay({ ...euros(bruno, 1), note: 'La\0pizza' }),
        400,
        'invalid-request',
      ],
      [
        'a text that is read backwards',
        () => anna.pay({ ...euros(bruno, 1), note: 'Rimborso \u202e00,01' }),
        400,
        'invalid-request',
      ],
      [
        'a text that controls a terminal',
        () => anna.pay({ ...euros(bruno, 1), note: 'La pizza \u001b[2J' }),
        400,
        'invalid-request',
      ],
      ['a page too long', () => anna.call('GET', '/v1/payments?limit=1e3'), 400, 'invalid-request'],
      ['a place that is none', () => anna.call('GET', '/v1/history?cursor='), 400, 'invalid-request'],
      ['a body that is no object', post('[]'), 400, 'invalid-request'],
      ['an unknown field', post('{"amout":{"value":1,"currency":"EUR"}}'), 400, 'invalid-request'],
      [
        'another media type',
        post('value=1', { 'content-type': 'text/plain' }),
        415,
        'unsupported-media-type',
      ],
      ['a body without end', post(`{"note":"${'x'.repeat(100_000)}"}`), 413, 'payload-too-large'],
      [
        'no Idempotency-Key',
        () => anna.call('POST', '/v1/payments', { body: { ...euros(bruno, 1), channel: 'whatsapp' } }),
        400,
        'idempotency-key-missing',
      ],
      [
        'an Idempotency-Key too long',
        () => anna.pay(euros(bruno, 1), 'k'.repeat(300)),
        400,
        'idempotency-key-invalid',
      ],
      [
        'a payment that is not there',
        () => anna.call('GET', `/v1/payments/${randomUUID()}`),
        404,
        'payment-not-found',
      ],
      [
        "somebody else's payment",
        () => carla.call('GET', `/v1/payments/${paymentId}`),
        404,
        'payment-not-found',
      ],
      ['an id that is none', () => anna.call('GET', '/v1/payments/1'), 400, 'invalid-request'],
      [
        'what only services may call',
        () => anna.call('POST', '/internal/token', { body: {} }),
        404,
        'not-found',
      ],
      [
        'test money in another currency',
        () =>
          anna.call('POST', '/v1/test-funding', {
            headers: { 'idempotency-key': randomUUID() },
            body: { amount: { value: 1, currency: 'USD' } },
          }),
        422,
        'currency-mismatch',
      ],
    ];

    it.each(cases)('%s', async (_name, attempt, status, type) => {
      await expectRefusal(attempt, status, type);
    });

    it('where in the amount it is wrong', async () => {
      for (const text of ['0', '-1', '12.5', '9007199254740993']) {
        expect((await amount(text)()).body).toMatchObject({ errors: [{ pointer: '/amount/value' }] });
      }
    });

    it('a key used again for something else', async () => {
      const key = randomUUID();
      expect((await anna.pay(euros(bruno, 1), key)).status).toBe(201);
      await expectRefusal(() => anna.pay(euros(bruno, 2), key), 422, 'idempotency-key-reused');
      await expectRefusal(() => anna.pay(euros(carla, 1), key), 422, 'idempotency-key-reused');
    });
  });

  it('insufficient funds: the payer alone sees the failed payment, is told once, and the refusal stays', async () => {
    const key = randomUUID();
    const before = await belongings();
    const answers = [await carla.pay(euros(bruno, 50_000), key), await carla.pay(euros(bruno, 50_000), key)];
    for (const { status, body } of answers) {
      expect(status).toBe(422);
      expect(body).toMatchObject({
        type: 'https://florin.dev/problems/insufficient-funds',
        detail: expect.stringMatching(/balance/i),
      });
    }
    const [failed, ...others] = await carla.payments();
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ status: 'failed', failure: 'insufficient_funds', entry: null });
    const [ofAnna, ofBruno, [balance, history] = []] = await belongings();
    expect([ofAnna, ofBruno, balance, history]).toEqual([before[0], before[1], before[2]?.[0], []]);
    await expectRefusal(() => bruno.call('GET', `/v1/payments/${failed?.id}`), 404, 'payment-not-found');

    await eventually(async () => {
      expect((await carla.feed()).map(({ kind }) => kind)).toEqual(['payment_failed']);
    });
    expect((await bruno.feed()).filter((item) => item.paymentId === failed?.id)).toEqual([]);

    // Money that comes later does not bring a refused payment back.
    await carla.fund(60_000);
    expect((await carla.pay(euros(bruno, 50_000), key)).status).toBe(422);
    expect((await carla.balance()).balance.value).toBe(60_000);
  });

  it('insufficient funds in a race: as many payments go through as there is money for', async () => {
    const dario = await world.api.register({ name: 'Dario Neri', phone: '+393331000004' });
    await dario.fund(1000);
    const before = (await anna.balance()).balance.value;
    const answers = await Promise.all(Array.from({ length: 16 }, () => dario.pay(euros(anna, 100))));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array<number>(10).fill(201),
      ...Array<number>(6).fill(422),
    ]);
    expect((await dario.balance()).balance.value).toBe(0);
    expect((await anna.balance()).balance.value).toBe(before + 1000);
  });

  describe('by whose token it is', () => {
    const tokens: Record<string, [status: number, type: string, token: string | undefined]> = {};
    let behindTheGateway: ApiClient;

    beforeAll(async () => {
      behindTheGateway = new ApiClient(world.stack.urls.payments);
      const ours = await tokenSigner(await readFile(join(world.dataDir, 'keys', 'signing-key.pem'), 'utf8'));
      const others = await tokenSigner(newKey());
      const [header, claims, signature] = anna.token.split('.') as [string, string, string];
      const changed = JSON.stringify({ ...JSON.parse(atob(claims)), sub: bruno.id });
      Object.assign(tokens, {
        none: [401, 'token-missing', undefined],
        'that is no token': [401, 'token-invalid', 'let-me-in'],
        'that has expired': [401, 'token-expired', await ours.sign(anna.id, { ttlSeconds: -1 })],
        'signed by another key': [401, 'token-foreign', await others.sign(anna.id)],
        'signed by another key in the name of ours': [
          401,
          'token-invalid',
          await others.sign(anna.id, { kid: ours.kid }),
        ],
        'of another issuer': [
          401,
          'token-foreign',
          await ours.sign(anna.id, { issuer: 'https://elsewhere.test' }),
        ],
        'made for services': [
          401,
          'token-foreign',
          await ours.sign(anna.id, { audience: 'florin-internal' }),
        ],
        'whose person was changed': [401, 'token-invalid', `${header}.${base64url(changed)}.${signature}`],
        'that nobody signed': [401, 'token-invalid', `${base64url('{"alg":"none"}')}.${claims}.`],
      } satisfies typeof tokens);
      expect((await world.api.call('GET', '/v1/balance', { token: await ours.sign(anna.id) })).status).toBe(
        200,
      );
    });

    afterAll(() => behindTheGateway?.close());

    it.each([
      'none',
      'that is no token',
      'that has expired',
      'signed by another key',
      'signed by another key in the name of ours',
      'of another issuer',
      'made for services',
      'whose person was changed',
      'that nobody signed',
    ])('one %s', async (name) => {
      const [status, type, token] = tokens[name] ?? [0, '', undefined];
      const authorization: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token}` };
      const headers = { 'idempotency-key': randomUUID(), ...authorization };
      const body = { ...euros(bruno, 1), channel: 'whatsapp' };
      const before = await belongings();
      for (const api of [world.api, behindTheGateway]) {
        expectProblem(await api.call('POST', '/v1/payments', { headers, body }), status, type);
        expectProblem(await api.call('GET', `/v1/payments/${paymentId}`, { headers }), status, type);
      }
      for (const path of ['/v1/balance', '/v1/notifications/stream', '/v1/me']) {
        expectProblem(await world.api.call('GET', path, { headers }), status, type);
      }
      expect(await belongings()).toEqual(before);
    });
  });
});

function expectProblem(answer: Answer, status: number, type: string): void {
  const problem = answer.body as ProblemDto;
  expect({ status: answer.status, type: problem.type }).toEqual({
    status,
    type: `https://florin.dev/problems/${type}`,
  });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(problem).toMatchObject({ status, title: expect.any(String) });
  expect(problem.detail).toMatch(/^[A-Z0-9].{10,}\.$/s);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
