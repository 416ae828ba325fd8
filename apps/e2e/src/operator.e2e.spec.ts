import { markets, monthAt, monthSpan } from '@florin/contracts';
import { askAuditor, eventually, type Answer, type Person, type ProblemDto } from '@florin/testing';
import { askOperator, inSeconds, type OperatorAnswer } from './operator.js';
import { euros, World } from './world.js';

describe('what an operator asks of the ledger', () => {
  let world: World;
  let anna: Person;
  let bruno: Person;
  let carla: Person;

  beforeAll(async () => {
    world = await World.start();
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
    carla = await world.api.register({ name: 'Carla Verdi', phone: '+393331000003' });
    await anna.fund(20_000);
    await Promise.all([anna, bruno, carla].map((person) => eventually(() => person.balance())));
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  const ask = (...command: string[]): Promise<OperatorAnswer> => askOperator(world.stack, ...command);
  const walletOf = ({ id }: Person): string => `wallet:${id}`;
  const balances = () =>
    Promise.all([anna, bruno].map(async (person) => (await person.balance()).balance.value));

  function expectProblem(answer: Answer, type: string): void {
    const problem = answer.body as ProblemDto;
    expect([answer.status, problem.type]).toEqual([422, `https://florin.dev/problems/${type}`]);
  }

  it('a frozen wallet pays nobody, and pays again when it is no more', async () => {
    expect((await ask('freeze', walletOf(anna), '--way', 'out')).exitCode).toBe(0);
    expectProblem(await anna.pay(euros(bruno, 100)), 'wallet-frozen');
    expect(await anna.balance()).toMatchObject({ balance: { value: 20_000 }, frozen: 'out', closed: false });
    expect((await ask('unfreeze', walletOf(anna))).exitCode).toBe(0);
    expect((await anna.pay(euros(bruno, 100))).status).toBe(201);
    expect((await anna.balance()).frozen).toBeNull();
  });

  it('a reversal returns the money, once', async () => {
    const before = await balances();
    const { body: payment } = await anna.pay(euros(bruno, 2_500));
    const entryId = (await anna.payment(payment.id)).entry?.id ?? '';
    const first = await ask('reverse', entryId, '--reason', 'paid-twice');
    expect(first).toMatchObject({ exitCode: 0, code: null });
    expect(await balances()).toEqual(before);
    const [newest] = await bruno.history();
    expect(newest).toMatchObject({ kind: 'reversal', amount: { value: -2_500 }, entryId: first.id });
    expect(await ask('reverse', entryId, '--reason', 'paid-twice', '--id', first.id)).toMatchObject({
      ...{ exitCode: 0, revision: first.revision },
    });
    expect(await ask('reverse', entryId, '--reason', 'paid-twice')).toMatchObject({
      ...{ exitCode: 1, code: 'entry_reversed' },
    });
    expect(await balances()).toEqual(before);
  });

  it('money on hold pays for nothing else, until its time is over', async () => {
    const { balance } = await anna.balance();
    const amount = String(balance.value - 50);
    const hold = await ask('hold', walletOf(anna), '--amount', amount, '--until', inSeconds(600));
    expect(hold.exitCode).toBe(0);
    expect(await anna.balance()).toMatchObject({ balance, available: { value: 50 } });
    expectProblem(await anna.pay(euros(bruno, 51)), 'insufficient-funds');
    expect((await ask('release', hold.id)).exitCode).toBe(0);
    expect((await anna.balance()).available).toEqual(balance);
    expect((await ask('hold', walletOf(anna), '--amount', amount, '--until', inSeconds(3))).exitCode).toBe(0);
    await eventually(async () => expect((await anna.balance()).available).toEqual(balance));
    expect(await ask('extend-hold', hold.id, '--until', inSeconds(60))).toMatchObject({
      ...{ exitCode: 1, code: 'hold_unknown' },
    });
  });

  it('a closed month takes no more entries', async () => {
    const { timeZone } = markets.it;
    const now = monthAt(Date.now(), timeZone);
    const last = monthSpan(now, timeZone).from - 1;
    const entryId = (await anna.payments()).find(({ status, entry }) => status === 'completed' && entry)
      ?.entry?.id as string;
    expect((await ask('close-period', monthAt(last, timeZone))).exitCode).toBe(0);
    expect(await ask('close-period', monthAt(last, timeZone))).toMatchObject({ code: 'period_closed' });
    expect(await ask('close-period', now)).toMatchObject({ exitCode: 1, code: 'period_invalid' });
    const backdated = ['--reason', 'paid-twice', '--effective', new Date(last).toISOString()];
    const before = await balances();
    expect(await ask('reverse', entryId, ...backdated)).toMatchObject({ exitCode: 1, code: 'period_closed' });
    expect(await balances()).toEqual(before);
  });

  it('an asset is defined once, and people still see their wallets', async () => {
    const asset = ['CAFFE', '--scale', '2', '--issuer', bruno.id, '--reserve', walletOf(bruno)];
    expect((await ask('define-asset', ...asset)).exitCode).toBe(0);
    expect(await ask('define-asset', ...asset)).toMatchObject({ exitCode: 1, code: 'asset_invalid' });
    expect(await bruno.balance()).toMatchObject({ account: walletOf(bruno), balance: { currency: 'EUR' } });
  });

  it('a closed wallet is closed for good, and only an empty one can be', async () => {
    expect(await ask('close-account', walletOf(anna))).toMatchObject({
      ...{ exitCode: 1, code: 'account_not_empty' },
    });
    expect((await ask('close-account', walletOf(carla))).exitCode).toBe(0);
    expect((await carla.balance()).closed).toBe(true);
    expectProblem(await anna.pay(euros(carla, 1)), 'wallet-closed');
  });

  it('what no book can take is said to be so', async () => {
    const entryId = '01a1fdfa-4610-7000-8000-0000000e0001';
    expect(await ask('reverse', entryId, '--reason', 'paid-twice')).toMatchObject({ code: 'entry_unknown' });
    const ofLastYear = '0193a7a0-0000-7000-8000-00000000000a';
    expect(await ask('freeze', walletOf(anna), '--id', ofLastYear)).toMatchObject({
      ...{ exitCode: 1, revision: null, code: expect.stringContaining('entry_id') },
    });
  });

  it('the auditor finds nothing wrong with any of it', async () => {
    const { exitCode, body } = await askAuditor(world.stack.eventStoreUrl, 'verify');
    expect([exitCode, body]).toMatchObject([0, { verified: true, trialBalance: 0 }]);
  });
});
