import { supplyAccount } from './assets.js';
import type { DefineAsset, OpenAccount, PostEntry } from './commands.js';
import type { LedgerEvent } from './events.js';
import { anna, bruno, entryIdAt, NOW, opened, posted, replayed, stored, transfer } from './given.spec.js';
import { assetFault, reserveFault, reservesOf } from './reserves.js';
import { accepted, asked, funded, refusal, Scene } from './scene.spec.js';
import { trialBalance } from './trial-balance.js';

const reserve: OpenAccount = {
  ...{ type: 'OpenAccount', account: 'reserve:caffe', owner: null, class: 'asset', chart: '1010' },
  ...{ floor: 0n, testMoney: false },
};
/** One cent of the reserve backs ten thousandths of a cup. */
const define: DefineAsset = {
  ...{
    type: 'DefineAsset',
    ...asked(80),
    code: 'CAFFE',
    scale: 6,
    issuer: 'bar-1',
    reserve: reserve.account,
  },
  backing: 10n,
};
const purse: OpenAccount = { ...anna, account: 'caffe:anna', currency: 'CAFFE' };
const supply = supplyAccount('CAFFE');

/** Anna pays 50.00 EUR into the reserve: the bar owes it to her no more, and has it in the bank. */
const pay = (amount: bigint, n: number): PostEntry => ({
  ...transfer(anna, bruno, amount, n),
  kind: 'p2m',
});
const intoReserve: PostEntry = {
  ...pay(5_000n, 81),
  postings: [
    { account: reserve.account, amount: 5_000n },
    { account: 'source:test-money', amount: -5_000n },
  ],
};
const outOfReserve = (amount: bigint, n: number): PostEntry => ({
  ...pay(amount, n),
  postings: [
    { account: reserve.account, amount: -amount },
    { account: 'source:test-money', amount },
  ],
});
const issue = (amount: bigint, n: number): PostEntry => ({
  ...pay(amount, n),
  kind: 'issue',
  currency: 'CAFFE',
  postings: [
    { account: supply, amount },
    { account: purse.account, amount: -amount },
  ],
});

const defined = () => new Scene().do(reserve).do(define).do(purse).do(intoReserve);

describe('defining an asset', () => {
  it('opens its supply account with it', () => {
    const account = { ...reserve, account: supply, owner: 'bar-1', chart: '1800', currency: 'CAFFE' };
    expect(new Scene().do(reserve).decide(define)).toStrictEqual(
      accepted({ ...define, type: 'AssetDefined', recordedAt: NOW }, {
        ...opened(account),
        currency: 'CAFFE',
      } as never),
    );
  });

  it.each<[string, Partial<DefineAsset>]>([
    ['the code of a currency', { code: 'USD' }],
    ['a code in small letters', { code: 'caffe' }],
    ['too fine a scale', { scale: 10 }],
    ['no opaque issuer', { issuer: 'Bar Centrale' }],
    ['no backing', { backing: 0n }],
    ['a reserve that is not open', { reserve: 'reserve:none' }],
  ])('is refused for %s', (_what, change) => {
    const wrong = { ...define, ...change };
    expect(new Scene().do(reserve).decide(wrong)).toStrictEqual(refusal(wrong, 'asset', 'asset_invalid'));
  });

  it.each<[string, object]>([
    ['"USD" is not an asset code of 4 to 12 capital letters and digits', { code: 'USD' }],
    ['"xCAFFE" is not an asset code of 4 to 12 capital letters and digits', { code: 'xCAFFE' }],
    ['"CAFFE " is not an asset code of 4 to 12 capital letters and digits', { code: 'CAFFE ' }],
    ['the scale is not from 0 to 9', { scale: 10 }],
    ['the scale is not from 0 to 9', { scale: -1 }],
    ['the scale is not from 0 to 9', { scale: 0.5 }],
    ['the issuer is not an opaque id', { issuer: 'bar 1' }],
    ['the backing is not a whole number above zero', { backing: 0n }],
    ['the backing is not a whole number above zero', { backing: 2n ** 53n }],
    ['CAFFE is defined already', {}],
    ['supply:thesis is open already', { code: 'THESIS' }],
    ['the reserve reserve:none was never opened', { code: 'CORNETTO', reserve: 'reserve:none' }],
    ['the reserve caffe:anna is not in EUR', { code: 'CORNETTO', reserve: purse.account }],
    ['reserve:caffe is part of another asset', { code: 'CORNETTO' }],
  ])('is refused: %s', (fault, change) => {
    const { state } = defined().do({ ...reserve, account: 'supply:thesis' });
    expect(assetFault(state, { ...define, ...change })).toBe(fault);
  });

  it('takes the coarsest and the finest scale', () => {
    for (const scale of [0, 9]) {
      expect(assetFault(new Scene().do(reserve).state, { ...define, scale })).toBeUndefined();
    }
  });

  it('is refused a second time, and for a reserve that backs another', () => {
    const again = { ...define, ...asked(82) };
    const other = { ...again, code: 'CORNETTO' };
    for (const wrong of [again, other]) {
      expect(defined().decide(wrong)).toStrictEqual(refusal(wrong, 'asset', 'asset_invalid'));
    }
  });

  it('comes before accounts in it', () => {
    expect(new Scene().decide(purse)).toStrictEqual({
      ...{ outcome: 'unacceptable', code: 'asset_unknown', events: [] },
    });
  });
});

describe('who has units', () => {
  const wrong: readonly [string, Partial<OpenAccount>][] = [
    ['may owe some', { floor: -1_000n }],
    ['may owe any number', { floor: null }],
    ['is an asset of ours', { class: 'asset' }],
    ['is an asset of ours without a floor', { class: 'asset', floor: null }],
    ['is equity', { class: 'equity' }],
  ];

  it.each(wrong)('has no account that %s', (_what, terms) => {
    const account = { ...purse, account: 'caffe:bruno', ...terms };
    expect(defined().decide(account)).toStrictEqual({
      ...{ outcome: 'unacceptable', code: 'command_invalid', events: [] },
    });
    const { events } = defined().take({ ...opened(account), currency: 'CAFFE' } as LedgerEvent);
    expect(replayed(stored(events)).finding?.code).toBe('account_invalid');
  });

  it('may be anybody, with a liability that is never below zero', () => {
    const scene = defined().do({ ...purse, account: 'caffe:bruno' });
    expect(replayed(stored(scene.events)).finding).toBeUndefined();
  });

  it('has the supply, altogether, or the book is wrong', () => {
    const debtor = { ...purse, account: 'caffe:bruno', floor: null };
    const scene = defined().take({ ...opened(debtor), currency: 'CAFFE' } as LedgerEvent);
    const postings = [
      { account: debtor.account, amount: 7n },
      { account: purse.account, amount: -7n },
    ];
    scene.do({ ...issue(7n, 83), kind: 'p2p', postings });
    expect(() => reservesOf(scene.state, 'CAFFE')).toThrow('CAFFE has a supply of 0, but people have 7');
  });

  it('finds a supply account wrong that may be overdrawn', () => {
    const right = new Scene().do(reserve).do(define).events;
    const events = [...right.slice(0, -1), { ...right.at(-1), floor: null } as LedgerEvent];
    expect(replayed(stored(events)).finding?.code).toBe('account_invalid');
  });
});

describe('issuing and redeeming', () => {
  it('goes up to what the reserve covers', () => {
    const scene = defined().do(issue(50_000n, 83));
    const asset = { code: 'CAFFE', scale: 6, issuer: 'bar-1', reserve: reserve.account, backing: 10n };
    expect(reservesOf(scene.state, 'CAFFE')).toStrictEqual({
      ...{ asset, supply: 50_000n, reserve: 5_000n, covered: 50_000n },
    });
    const more = issue(1n, 84);
    expect(scene.decide(more)).toStrictEqual(refusal(more, 'issue', 'reserve_exceeded'));
  });

  it('says what the reserve would cover', () => {
    const { state } = defined();
    expect(reserveFault(state, new Map([[supply, 50_001n]]))).toStrictEqual({
      code: 'reserve_exceeded',
      detail: 'CAFFE would have a supply of 50001, but its reserve covers 50000',
    });
  });

  it('is covered by nothing where the reserve is overdrawn', () => {
    const overdrawn = { ...reserve, account: 'reserve:credit', floor: null };
    const scene = new Scene().do(overdrawn).do({ ...define, reserve: overdrawn.account });
    const postings = [
      { account: overdrawn.account, amount: -1n },
      { account: 'source:test-money', amount: 1n },
    ];
    scene.take(posted({ ...pay(1n, 90), postings }));
    expect(reservesOf(scene.state, 'CAFFE')).toMatchObject({ reserve: -1n, covered: 0n });
  });

  it('has no supply before its account is open, in the one revision where a book may be looked at so', () => {
    const whole = defined().events;
    const upTo = whole.findIndex(({ type }) => type === 'AssetDefined') + 1;
    const { finding, state } = replayed(stored(whole.slice(0, upTo)));
    expect(finding).toBeUndefined();
    expect(reservesOf(state, 'CAFFE')).toMatchObject({ supply: 0n });
    const moved = posted({ ...intoReserve, entryId: entryIdAt(NOW, 91) });
    expect(replayed(stored([...whole.slice(0, upTo), moved])).finding).toBeUndefined();
  });

  it('keeps the reserve from being taken away', () => {
    const scene = defined().do(issue(49_990n, 83));
    const tooMuch = outOfReserve(2n, 85);
    expect(scene.decide(tooMuch)).toStrictEqual(refusal(tooMuch, 'p2m', 'reserve_exceeded'));
    expect(scene.decide(outOfReserve(1n, 86)).outcome).toBe('accepted');
  });

  it('ends units that come back, and no more than there are', () => {
    const scene = defined()
      .do(issue(10n, 83))
      .do({ ...issue(-10n, 87), kind: 'redeem' });
    expect(reservesOf(scene.state, 'CAFFE')?.supply).toBe(0n);
    const tooMuch = { ...issue(-1n, 88), kind: 'redeem' };
    expect(scene.decide(tooMuch)).toStrictEqual(refusal(tooMuch, 'redeem', 'insufficient_funds'));
  });

  it('never mixes with the currency of the book', () => {
    const mixed = { ...issue(10n, 89), currency: 'EUR' };
    expect(defined().decide(mixed)).toStrictEqual(refusal(mixed, 'issue', 'currency_mismatch'));
  });

  it('has a trial balance of its own', () => {
    const { state } = defined().do(issue(10n, 83));
    expect(trialBalance(state, 'CAFFE')).toMatchObject({
      accounts: 2,
      debits: 10n,
      credits: 10n,
      difference: 0n,
    });
    expect(trialBalance(state)).toMatchObject({ currency: 'EUR', accounts: 4, difference: 0n });
    expect(reservesOf(state, 'CORNETTO')).toBeUndefined();
  });
});

it('a stored history is found wrong where supply exceeds the reserve', () => {
  const { events } = defined();
  const findingAfter = (amount: bigint) =>
    replayed(stored([...events, posted({ ...issue(amount, 83), entryId: entryIdAt(NOW, 83) })])).finding
      ?.code;
  expect(events.slice(0, funded.length)).toStrictEqual(funded);
  expect(findingAfter(50_000n)).toBeUndefined();
  expect(findingAfter(50_001n)).toBe('reserve_exceeded');
});
