import type { RunningService } from '@florin/service-host';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { startWallets, transfer } from '../transfers/wallet.fixture.spec.js';

const ledger = 'it-eur';
const inOneHour = () => new Date(Date.now() + 3_600_000).toISOString();
const asked = (more: object = {}) => ({ id: uuidv7(), ledger, reference: 'order-1', ...more });

describe('holds of platform callers', () => {
  let wallets: Awaited<ReturnType<typeof startWallets>>;
  let one: RunningService;
  const owner = uuidv4();
  const anna = `wallet:${owner}`;
  const shop = 'shop:pizza';

  const post = (path: string, body: object) => wallets.call(one, path, body);
  const account = async (id: string) => (await wallets.call(one, `/v1/accounts/${id}?ledger=${ledger}`)).body;
  const place = (amount: number) => asked({ account: anna, amount, currency: 'EUR', expiresAt: inOneHour() });

  beforeAll(async () => {
    wallets = await startWallets();
    one = await wallets.start();
    const accounts = [{ account: anna, owner }, { account: shop }];
    expect((await post('/v1/accounts/batch', { ledger, accounts })).body).toMatchObject({ opened: 2 });
    const funding = transfer('source:test-money', anna, 1_000, { kind: 'test-funding' });
    expect((await post('/v1/transfers', { ledger, ...funding })).status).toBe(201);
  }, 120_000);

  afterAll(() => wallets?.close(), 60_000);

  it('are placed, extended, captured in part and released, each once', async () => {
    const hold = place(600);
    const of = `/v1/holds/${hold.id}`;
    const first = await post('/v1/holds', hold);
    expect(first).toMatchObject({ status: 201, body: { id: hold.id, hold: hold.id, ledger } });
    expect(await post('/v1/holds', hold)).toMatchObject({ status: 200, body: first.body });
    expect(await account(anna)).toMatchObject({ balance: 1_000, available: 400 });
    const extension = asked({ expiresAt: new Date(Date.now() + 7_200_000).toISOString() });
    expect((await post(`${of}/extend`, extension)).status).toBe(201);
    const capture = { ledger, ...transfer(anna, shop, 250, { kind: 'order', final: false }) };
    const captured = await post(`${of}/capture`, capture);
    expect(captured).toMatchObject({ status: 201, body: { from: { balance: 750 }, to: { balance: 250 } } });
    expect(await post(`${of}/capture`, capture)).toMatchObject({ status: 200, body: captured.body });
    expect(await post('/v1/transfers', capture)).toMatchObject({ status: 400 });
    const release = asked();
    const released = await post(`${of}/release`, release);
    expect(released.status).toBe(201);
    expect(await post(`${of}/release`, asked())).toMatchObject({
      status: 422,
      body: { code: 'hold_unknown' },
    });
    expect(await account(anna)).toMatchObject({ balance: 750, available: 750 });

    await one.stop();
    one = await wallets.start();
    expect(await post('/v1/holds', hold)).toMatchObject({ status: 200, body: first.body });
    expect(await post('/v1/holds', { ...hold, amount: 601 })).toMatchObject({ status: 409 });
    expect(await post(`${of}/capture`, capture)).toMatchObject({ status: 200, body: captured.body });
    expect(await post(`${of}/release`, release)).toMatchObject({ status: 200, body: released.body });
    expect((await post(`${of}/extend`, extension)).status).toBe(200);
  }, 60_000);

  it('are refused with the reason', async () => {
    expect(await post('/v1/holds', place(10_000))).toMatchObject({
      ...{ status: 422, body: { code: 'insufficient_funds' } },
    });
    const hold = place(100);
    await post('/v1/holds', hold);
    const capture = { ledger, ...transfer(anna, shop, 101, { kind: 'order' }) };
    expect(await post(`/v1/holds/${hold.id}/capture`, capture)).toMatchObject({
      ...{ status: 422, body: { code: 'hold_exceeded' } },
    });
  });

  it('are of accounts that anybody with the scope can open once, and look at', async () => {
    const id = `shop:${uuidv4()}`;
    const open = (more: object) =>
      post('/v1/accounts/batch', { ledger, accounts: [{ account: id, ...more }] });
    expect((await open({})).body).toMatchObject({ opened: 1 });
    expect((await open({})).body).toMatchObject({ opened: 1, outcomes: [{ outcome: 'opened' }] });
    expect((await open({ floor: null })).body).toEqual({
      ...{ ledger, opened: 0, outcomes: [{ account: id, outcome: 'refused', code: 'account_conflict' }] },
    });
    expect(await account(id)).toMatchObject({ balance: 0, floor: 0, class: 'liability', frozen: null });
    // What the books rely on is opened on its own terms alone, so that nobody's way to it is blocked.
    const person = uuidv4();
    for (const wrong of [
      { account: 'supply:zzzz' },
      { account: 'source:elsewhere' },
      { account: `wallet:${person}` },
      { account: `wallet:${person}`, owner: person, floor: null },
      { account: `caffe:${person}`, currency: 'CAFFE', floor: -1_000 },
    ]) {
      expect(await open(wrong)).toMatchObject({
        ...{ status: 400, body: { errors: [{ pointer: '/accounts/0/account' }] } },
      });
    }
    expect((await open({ account: `wallet:${person}`, owner: person })).body).toMatchObject({ opened: 1 });
    const nobody = await wallets.call(one, `/v1/accounts/wallet:nobody?ledger=${ledger}`);
    expect(nobody).toMatchObject({ status: 404 });
    const token = await wallets.authority.serviceToken('other', ['people:read']);
    expect(await wallets.call(one, '/v1/holds', place(1), { token })).toMatchObject({ status: 403 });
  });
});
