import { accountFault, naturalBalance, sameAccount, type Account } from './accounts.js';
import type { CloseAccount, FreezeAccount, PlaceHold, UnfreezeAccount } from './commands.js';
import {
  anna,
  bruno,
  entryIdAt,
  funding,
  given,
  NOW,
  posted,
  replayed,
  stored,
  transfer,
} from './given.spec.js';
import { accepted, asked, funded, refusal, Scene } from './scene.spec.js';

const freeze = (frozen: FreezeAccount['frozen'], n = 20): FreezeAccount => ({
  type: 'FreezeAccount',
  ...asked(n),
  account: anna.account,
  frozen,
});
const unfreeze: UnfreezeAccount = { type: 'UnfreezeAccount', ...asked(21), account: anna.account };
const close = (account: string, n = 22): CloseAccount => ({ type: 'CloseAccount', ...asked(n), account });

const out = transfer(anna, bruno, 100n, 1);
const into = funding(anna, 100n, 2);
const hold: PlaceHold = {
  ...{ type: 'PlaceHold', holdId: entryIdAt(NOW, 3), account: anna.account, currency: 'EUR', amount: 100n },
  ...{ expiresAt: NOW + 1, kind: 'order', reference: 'order-3' },
};

describe('freezing an account', () => {
  it('is recorded with who asked', () => {
    given(...funded)
      .when(freeze('out'))
      .then(accepted({ ...freeze('out'), type: 'AccountFrozen', recordedAt: NOW }));
  });

  it.each<[FreezeAccount['frozen'], string, string]>([
    ['out', 'refused', 'accepted'],
    ['in', 'accepted', 'refused'],
    ['both', 'refused', 'refused'],
  ])('"%s": money out is %s, money in is %s', (frozen, outcomeOut, outcomeIn) => {
    const scene = new Scene().do(freeze(frozen));
    expect(scene.decide(out).outcome).toBe(outcomeOut);
    expect(scene.decide(hold).outcome).toBe(outcomeOut);
    expect(scene.decide(into).outcome).toBe(outcomeIn);
  });

  it('says why', () => {
    expect(new Scene().do(freeze('out')).decide(out)).toStrictEqual(refusal(out, 'p2p', 'account_frozen'));
  });

  it('can change its direction, and end', () => {
    const scene = new Scene().do(freeze('both')).do(freeze('in', 23));
    expect(scene.decide(out).outcome).toBe('accepted');
    expect(scene.do(unfreeze).decide(into).outcome).toBe('accepted');
  });

  it('can only end where it can begin', () => {
    const nobody = { ...unfreeze, account: 'wallet:carla' };
    given(...funded)
      .when(nobody)
      .then(refusal(nobody, 'unfreeze', 'account_unknown'));
  });

  it('needs an account', () => {
    const nobody = { ...freeze('in'), account: 'wallet:carla' };
    given(...funded)
      .when(nobody)
      .then(refusal(nobody, 'freeze', 'account_unknown'));
  });
});

describe('closing an account', () => {
  it('is for good', () => {
    given(...funded)
      .when(close(bruno.account))
      .then(accepted({ ...close(bruno.account), type: 'AccountClosed', recordedAt: NOW }));
    const scene = new Scene().do(close(bruno.account));
    expect(scene.decide(out)).toStrictEqual(refusal(out, 'p2p', 'account_closed'));
    const again = close(bruno.account, 24);
    expect(scene.decide(again)).toStrictEqual(refusal(again, 'account-close', 'account_closed'));
    expect(scene.decide(bruno).outcome).toBe('repeated');
  });

  it('is only possible at zero, with nothing on hold', () => {
    given(...funded)
      .when(close(anna.account))
      .then(refusal(close(anna.account), 'account-close', 'account_not_empty'));
    const unlimited = { ...bruno, account: 'clearing:psp', floor: null };
    const scene = new Scene().do(unlimited).do({ ...hold, account: unlimited.account });
    expect(scene.decide(close(unlimited.account)).outcome).toBe('refused');
  });
});

it('a stored history is found wrong where a frozen or closed account moved', () => {
  const frozen = { ...freeze('out'), type: 'AccountFrozen', recordedAt: NOW } as const;
  const closed = { ...close(bruno.account), type: 'AccountClosed', recordedAt: NOW } as const;
  const findingAfter = (...events: Parameters<Scene['take']>) =>
    replayed(stored([...funded, ...events])).finding?.code;
  expect(findingAfter(frozen, closed)).toBeUndefined();
  expect(findingAfter(frozen, posted(out))).toBe('account_frozen');
  expect(findingAfter(closed, posted(out))).toBe('account_closed');
  expect(findingAfter({ ...closed, account: anna.account })).toBe('account_not_empty');
});

describe('an account', () => {
  const account: Account = {
    ...{ id: 'wallet:anna', owner: 'anna', class: 'liability', chart: '2010', currency: 'EUR', floor: 0n },
    testMoney: false,
  };

  it.each<[string, object]>([
    ['"x" is not an account id such as wallet:<id>', { id: 'x' }],
    ['"Xwallet:anna" is not an account id such as wallet:<id>', { id: 'Xwallet:anna' }],
    ['"wallet:anna " is not an account id such as wallet:<id>', { id: 'wallet:anna ' }],
    ['the owner is not an opaque id', { owner: '' }],
    ['the owner is not an opaque id', { owner: ' anna' }],
    ['the owner is not an opaque id', { owner: 'anna ' }],
    ['"money" is not a class of accounts', { class: 'money' }],
    ['"20100" is not a chart number of four digits', { chart: '20100' }],
    ['"x2010" is not a chart number of four digits', { chart: 'x2010' }],
    ['"eur" is not the code of a currency or an asset', { currency: 'eur' }],
    ['"xEUR" is not the code of a currency or an asset', { currency: 'xEUR' }],
    ['"EUR " is not the code of a currency or an asset', { currency: 'EUR ' }],
    ['a floor of 1 cannot hold for an account that opens at zero', { floor: 1n }],
  ])('is none where %s', (fault, change) => {
    expect(accountFault({ ...account, ...change })).toBe(fault);
  });

  it('may be of the platform, without a floor, in an asset', () => {
    expect(accountFault({ ...account, owner: null, floor: null, currency: 'CAFFE' })).toBeUndefined();
    expect(accountFault({ ...account, floor: -1n })).toBeUndefined();
  });

  it('is the same as one that does not differ in anything', () => {
    expect(sameAccount(account, { ...account })).toBe(true);
    const others = {
      id: 'b',
      owner: 'b',
      class: 'asset',
      chart: '1',
      currency: 'BRL',
      floor: 1n,
      testMoney: true,
    };
    for (const [name, value] of Object.entries(others)) {
      expect(sameAccount(account, { ...account, [name]: value })).toBe(false);
    }
  });

  it('has its balance on the side of its class', () => {
    for (const debited of ['asset', 'expense'] as const) expect(naturalBalance(debited, 5n)).toBe(5n);
    for (const credited of ['liability', 'equity', 'income'] as const)
      expect(naturalBalance(credited, 5n)).toBe(-5n);
  });
});
