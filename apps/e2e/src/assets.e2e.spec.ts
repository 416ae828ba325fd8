import { openCheckpoint } from '@florin/books';
import { VerifierKey } from '@florin/proofs';
import { ApiClient, askAuditor, eventually, type Person } from '@florin/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askOperator, type OperatorAnswer } from './operator.js';
import { tokenSigner } from './tokens.js';
import { World } from './world.js';

const ledger = 'it-eur';
const reserve = 'reserve:caffe';

interface Reserves {
  readonly supply: number;
  readonly reserve: number;
  readonly covered: string;
}

interface Balances {
  readonly revision: number;
  readonly items: { account: string; balance: { value: number; currency: string } }[];
}

describe('an issued asset', () => {
  let world: World;
  let anna: Person;
  let bar: Person;
  let purse: string;
  /** Revision at which all that the reserve covers was issued. */
  let full: number;

  beforeAll(async () => {
    world = await World.start();
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bar = await world.api.register({ name: 'Bar Centrale', phone: '+393331000002' });
    purse = `caffe:${anna.id}`;
    await bar.fund(10_000);
    await eventually(() => anna.balance());
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  const ask = (...command: string[]): Promise<OperatorAnswer> => askOperator(world.stack, ...command);
  const open = (account: string, ...more: string[]): Promise<OperatorAnswer> =>
    ask('open-account', account, '--class', 'liability', '--chart', '2020', ...more);
  const openPurse = () => open(purse, '--currency', 'CAFFE', '--owner', anna.id);
  const reserves = async (...at: string[]): Promise<Reserves> => {
    return (await askAuditor<Reserves>(world.stack.eventStoreUrl, 'reserves', 'CAFFE', ...at)).body;
  };

  it('has a reserve and purses, which are opened once and on one set of terms', async () => {
    const first = await open(reserve);
    expect(first).toMatchObject({ exitCode: 0, id: reserve });
    expect(await open(reserve)).toEqual(first);
    expect(await open(reserve, '--floor', 'none')).toMatchObject({
      ...{ exitCode: 1, revision: null, code: expect.stringContaining('account_conflict') },
    });
    expect((await openPurse()).code).toContain('asset_unknown');
    const asset = ['CAFFE', '--scale', '2', '--issuer', bar.id, '--reserve', reserve];
    expect((await ask('define-asset', ...asset)).exitCode).toBe(0);
    expect((await openPurse()).exitCode).toBe(0);
  });

  it('is issued up to what its reserve covers, and not beyond', async () => {
    const issue = (amount: number, ...more: string[]) =>
      ask('issue', 'CAFFE', '--to', purse, '--amount', String(amount), ...more);
    expect(await issue(1)).toMatchObject({ exitCode: 1, code: 'reserve_exceeded' });
    const fund = ['fund-reserve', reserve, '--from', `wallet:${bar.id}`, '--amount'];
    expect((await ask(...fund, '5000')).exitCode).toBe(0);
    expect(await ask(...fund, '5001')).toMatchObject({ exitCode: 1, code: 'insufficient_funds' });
    const issued = await issue(5_000);
    expect(issued.exitCode).toBe(0);
    expect(await issue(5_000, '--id', issued.id)).toEqual(issued);
    expect(await issue(1)).toMatchObject({ exitCode: 1, code: 'reserve_exceeded' });
    full = issued.revision as number;
    expect(await reserves()).toMatchObject({ supply: 5_000, reserve: 5_000, covered: '5000' });
  });

  it('is redeemed, and only then its reserve can be drawn', async () => {
    const draw = ['draw-reserve', reserve, '--to', `wallet:${bar.id}`, '--amount', '2000'];
    expect(await ask(...draw)).toMatchObject({ exitCode: 1, code: 'reserve_exceeded' });
    const redeem = ['redeem', 'CAFFE', '--from', purse, '--amount'];
    expect(await ask(...redeem, '5001')).toMatchObject({ exitCode: 1, code: 'insufficient_funds' });
    expect((await ask(...redeem, '2000')).exitCode).toBe(0);
    expect((await ask(...draw)).exitCode).toBe(0);
    expect((await bar.balance()).balance.value).toBe(7_000);
  });

  it('shows its supply against its reserve, now, at a revision and at a checkpoint', async () => {
    expect(await reserves()).toMatchObject({ supply: 3_000, reserve: 3_000 });
    expect(await reserves('--at', String(full))).toMatchObject({ supply: 5_000, reserve: 5_000 });
    const { body } = await world.api.call<{ items: { key: string }[] }>('GET', `/v1/ledgers/${ledger}/keys`);
    const keys = body.items.map(({ key }) => VerifierKey.parse(key));
    const at = await eventually(async () => {
      const { body: note } = await world.api.call<string>('GET', `/v1/ledgers/${ledger}/checkpoints/latest`);
      const { size } = openCheckpoint(note, ledger, keys);
      expect(size).toBeGreaterThan(full);
      return String(size - 1);
    }, 30_000);
    const signed = ['--at', at, '--key', String(keys[0])];
    expect(await reserves(...signed)).toMatchObject({
      supply: expect.any(Number),
      reserve: expect.any(Number),
    });
    expect((await askAuditor(world.stack.eventStoreUrl, 'verify')).body).toMatchObject({ verified: true });
  });

  it('is seen by who has it, now and as it was, and by nobody else', async () => {
    const balances = (who: Person, query = '') => who.call<Balances>('GET', `/v1/balances${query}`);
    const units = (value: number) => ({
      ...{ account: purse, class: 'liability', balance: { value, currency: 'CAFFE' } },
    });
    expect((await balances(anna)).body.items).toContainEqual(units(3_000));
    expect((await balances(anna, `?at=${full}`)).body).toMatchObject({
      ...{ revision: full, items: [units(5_000), { account: `wallet:${anna.id}` }] },
    });
    expect((await balances(anna, `?at=${full - 1}&account=${purse}`)).body.items).toEqual([units(0)]);
    expect((await balances(bar)).body.items).toMatchObject([
      { account: 'supply:caffe', class: 'asset', balance: { value: 3_000 } },
      { account: `wallet:${bar.id}`, class: 'liability', balance: { value: 7_000 } },
    ]);
    expect(await balances(anna, '?at=1000000')).toMatchObject({
      ...{ status: 404, body: { type: 'https://florin.dev/problems/point-ahead' } },
    });
  });

  it('is in the trial balance that a service may read, as the auditor has it', async () => {
    const pem = await readFile(join(world.dataDir, 'keys', 'signing-key.pem'), 'utf8');
    const signer = await tokenSigner(pem);
    const scoped = { audience: 'florin-internal', scope: 'ledger:read' };
    const token = await signer.sign('service:auditor', scoped);
    const wallet = new ApiClient(world.stack.urls.wallet);
    const path = `/internal/ledgers/${ledger}/trial-balance?at=${full}`;
    for (const unit of ['EUR', 'CAFFE']) {
      const answer = await wallet.call('GET', `${path}&currency=${unit}`, { token });
      expect(answer).toMatchObject({ status: 200, body: { revision: full, currency: unit, difference: 0 } });
    }
    const own = await wallet.call<{ debits: string }>('GET', path, { token });
    const { body } = await askAuditor<{ debits: string; classes: object[] }>(
      ...([world.stack.eventStoreUrl, 'trial-balance', '--ledger', ledger, '--at', String(full)] as const),
    );
    expect(own.body).toMatchObject({ debits: body.debits, classes: body.classes });
    expect((await wallet.call('GET', path, { token: anna.token })).status).toBe(401);
    expect((await world.api.call('GET', path, { token })).status).toBe(404);
    await wallet.close();
  });
});
