import { eventually } from '@florin/testing';
import type { RunningService } from '@florin/service-host';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { startWallets, transfer } from './wallet.fixture.spec.js';

const source = 'source:test-money';
const ledger = 'it-eur';

describe('POST /v1/transfers', () => {
  let wallets: Awaited<ReturnType<typeof startWallets>>;
  let one: RunningService;
  let anna: string;
  let bruno: string;

  const post = (body: object, service = one) => wallets.call(service, '/v1/transfers', { ledger, ...body });
  const batch = (body: object, service = one) =>
    wallets.call(service, '/v1/transfers/batch', { ledger, ...body });
  const balanceOf = async (account: string, service = one) =>
    (await wallets.call(service, `/v1/accounts/${account}?ledger=${ledger}`)).body['balance'];

  beforeAll(async () => {
    wallets = await startWallets();
    one = await wallets.start();
  }, 120_000);

  beforeEach(async () => {
    const owners = [uuidv4(), uuidv4()];
    [anna, bruno] = owners.map((owner) => `wallet:${owner}`) as [string, string];
    const accounts = owners.map((owner) => ({ account: `wallet:${owner}`, owner }));
    const opened = await wallets.call(one, '/v1/accounts/batch', { ledger, accounts });
    expect(opened).toMatchObject({ status: 200, body: { opened: 2 } });
    const funding = await post(transfer(source, anna, 100, { kind: 'test-funding' }));
    expect(funding).toMatchObject({ status: 201, body: { to: { account: anna, balance: 100 } } });
  }, 30_000);

  afterAll(() => wallets?.close(), 60_000);

  it('moves money, and says where it is in the ledger and what both have then', async () => {
    const asked = transfer(anna, bruno, 30, { metadata: { orderId: 'o-1' } });
    const { status, body, headers } = await post(asked);
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        ...{ id: asked.id, ledger, revision: expect.any(Number), amount: 30, currency: 'EUR' },
        ...{ from: { account: anna, balance: 70 }, to: { account: bruno, balance: 30 } },
      },
    });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it.each([{ kind: 'issue' }, { kind: 'redeem' }, { kind: 'reserve' }, { kind: 'reversal' }])(
    'takes no transfer for what it is not: %j',
    async (more) => {
      expect(await post(transfer(anna, bruno, 1, more))).toMatchObject({
        ...{ status: 400, body: { errors: [{ pointer: '/kind' }] } },
      });
    },
  );

  it('moves nothing out of the supply of an asset, nor into it', async () => {
    const asked = { ...transfer(anna, bruno, 1), currency: 'CAFFE' };
    for (const [side, wrong] of [
      ['from', { ...asked, from: 'supply:caffe' }],
      ['to', { ...asked, to: 'supply:caffe' }],
    ] as const) {
      expect(await post(wrong)).toMatchObject({
        ...{ status: 400, body: { errors: [{ pointer: `/${side}` }] } },
      });
    }
  });

  it('gives the same answer to the same again, from memory and from the log', async () => {
    const asked = transfer(anna, bruno, 30, { metadata: { orderId: 'o-1' } });
    const first = await post(asked);
    const tooMuch = transfer(anna, bruno, 1_000);
    const refused = await post(tooMuch);
    await post(transfer(anna, bruno, 5));
    const again = async () => {
      expect(await post(asked)).toMatchObject({ status: 200, body: first.body });
      expect(await post(tooMuch)).toMatchObject({ status: 422, body: { code: refused.body['code'] } });
      expect(await post({ ...asked, amount: 31 })).toMatchObject({
        ...{ status: 409, body: { type: expect.stringMatching(/id-reused$/) as string } },
      });
      expect(await post({ ...tooMuch, reference: 'order-2' })).toMatchObject({ status: 409 });
    };
    await again();
    await one.stop();
    one = await wallets.start();
    await again();
    expect(await balanceOf(bruno)).toBe(35);
  }, 60_000);

  it('does once what is asked a hundred times at once', async () => {
    const asked = transfer(anna, bruno, 10);
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(asked)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await balanceOf(bruno)).toBe(10);
  });

  it.each([
    ['more than there is', () => transfer(anna, bruno, 101), 'insufficient_funds'],
    ['an account that is not there', () => transfer(anna, 'wallet:nobody', 1), 'account_unknown'],
    ['to itself', () => transfer(anna, anna, 1), 'entry_invalid'],
    ['another currency', () => transfer(anna, bruno, 1, { currency: 'BRL' }), 'currency_mismatch'],
    [
      'an id from long ago',
      () => transfer(anna, bruno, 1, { id: uuidv7({ msecs: 1e12 }) }),
      'entry_id_expired',
    ],
    [
      'an id from the future',
      () => transfer(anna, bruno, 1, { id: uuidv7({ msecs: Date.now() + 3_600_000 }) }),
      'entry_id_invalid',
    ],
  ])('is refused with the reason: %s', async (_, asked, code) => {
    const { status, body, headers } = await post(asked());
    expect({ status, body }).toMatchObject({ status: 422, body: { code, ledger } });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(await balanceOf(anna)).toBe(100);
  });

  it.each([
    ['a fraction', { amount: 1.5 }],
    ['nothing', { amount: 0 }],
    ['less than nothing', { amount: -1 }],
    ['what is not exact', { amount: 2 ** 53 }],
    ['no id of ours', { id: uuidv4() }],
    ['a reference with a name in it', { reference: 'Anna Rossi' }],
    ['a kind of the ledger alone', { kind: 'reversal' }],
    ['metadata that is not known', { metadata: { note: 'x' } }],
    ['what nobody knows', { more: 1 }],
  ])('does not take %s', async (_, more) => {
    expect((await post(transfer(anna, bruno, 1, more))).status).toBe(400);
  });

  it('is for callers with the scope alone, and for ledgers that are kept here', async () => {
    const { authority, call } = wallets;
    const body = { ledger, ...transfer(anna, bruno, 1) };
    const person = await authority.personToken(uuidv7());
    const other = await authority.serviceToken('other', ['people:read']);
    const statuses = [null, 'nonsense', person, other].map(
      async (token) => (await call(one, '/v1/transfers', body, { token })).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 401, 403]);
    expect((await post({ ...body, ledger: 'br-brl' })).status).toBe(404);
    expect(await balanceOf(anna)).toBe(100);
  });

  describe('batch', () => {
    it('gives each its own outcome', async () => {
      const good = transfer(anna, bruno, 60);
      const transfers = [
        good,
        transfer(anna, bruno, 60),
        good,
        { ...good, amount: 1 },
        transfer(bruno, anna, 10),
      ];
      const { status, body } = await batch({ transfers });
      expect({ status, body }).toMatchObject({
        status: 200,
        body: {
          posted: 3,
          outcomes: [
            { outcome: 'posted', again: false, from: { balance: 40 }, to: { balance: 60 } },
            { outcome: 'refused', code: 'insufficient_funds' },
            { outcome: 'posted', again: true, from: { balance: 40 }, to: { balance: 60 } },
            { outcome: 'id-reused' },
            { outcome: 'posted', from: { account: bruno, balance: 50 }, to: { balance: 50 } },
          ],
        },
      });
    });

    it('is done whole or not at all, where it is to be', async () => {
      const transfers = [transfer(anna, bruno, 60), transfer(anna, bruno, 60)];
      const refused = await batch({ atomic: true, transfers });
      expect(refused).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/transfers/1', code: 'insufficient_funds' }] },
      });
      expect(await batch({ atomic: true, transfers })).toMatchObject({ status: 422 });
      expect(await balanceOf(anna)).toBe(100);
      const possible = [transfers[0], transfer(anna, bruno, 40)];
      const done = await batch({ atomic: true, transfers: possible });
      expect(done).toMatchObject({ status: 200, body: { posted: 2 } });
      expect(await batch({ atomic: true, transfers: possible })).toMatchObject({
        body: { posted: 2, outcomes: [{ again: true, from: { balance: 40 } }, { again: true }] },
      });
      expect(await balanceOf(bruno)).toBe(100);
    });

    it('has a thousand at most, and room for them', async () => {
      const many = (length: number) => Array.from({ length }, () => transfer(bruno, anna, 1));
      expect((await batch({ transfers: many(1_001) })).status).toBe(400);
      const { body } = await batch({ transfers: many(1_000) });
      expect((body['outcomes'] as unknown[]).length).toBe(1_000);
      const large = transfer(anna, bruno, 1, {
        reference: 'r'.repeat(64),
        metadata: { reason: 'r'.repeat(64) },
      });
      expect((await batch({ transfers: Array.from({ length: 1_000 }, () => large) })).status).toBe(200);
      const tooMuch = await batch({ atomic: true, transfers: Array.from({ length: 1_000 }, () => large) });
      expect(tooMuch).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/too-large$/) as string },
      });
      expect((await batch({ transfers: [], padding: 'x'.repeat(1024 * 1024) })).status).toBe(413);
    }, 30_000);
  });

  it('is answered by the instance that leads the book, whichever is asked', async () => {
    const two = await wallets.start();
    const asked = transfer(anna, bruno, 1);
    const [here, there] = [await post(asked), await post(asked, two)];
    expect([here.status, there.status]).toEqual([201, 200]);
    expect(there.body).toEqual(here.body);
    const headers = { 'florin-forwarded': '1' };
    const handedOn = await wallets.call(two, '/v1/transfers', { ledger, ...asked }, { headers });
    expect(handedOn.status).toBe(503);
    expect(handedOn.headers.get('retry-after')).toBe('1');
    expect(await post({ ...transfer(anna, bruno, 1_000) }, two)).toMatchObject({
      ...{ status: 422, body: { code: 'insufficient_funds' } },
    });
    expect(await balanceOf(bruno, two)).toBe(1);
    // The first goes; what was under way and what comes is answered, by the next.
    const going = one.stop();
    const during = await Promise.all(Array.from({ length: 20 }, () => post(transfer(anna, bruno, 1), two)));
    await going;
    one = two;
    for (const { status, body } of during) {
      if (status !== 201) expect({ status, body }).toMatchObject({ status: 503 });
    }
    const posted = during.filter(({ status }) => status === 201).length;
    await eventually(async () => expect((await post(asked)).status).toBe(200));
    expect(await balanceOf(bruno)).toBe(1 + posted);
  }, 120_000);
});
