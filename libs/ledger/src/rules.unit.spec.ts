import type { HoldPlaced, LedgerEvent, PeriodClosed } from './events.js';
import { anna, bookOf, bruno, entryIdAt, funding, NOW, opened, posted, transfer } from './given.spec.js';
import { MAX_HOLD_MS } from './holds.js';
import { MAX_AMOUNT } from './money.js';
import { eventFault } from './rules.js';
import { asked, funded } from './scene.spec.js';

/** What the rules say of an event, to the word: it is all that somebody who looks for the cause is told. */

const expiresAt = NOW + 60_000;
const holdId = entryIdAt(NOW, 50);
const placed: HoldPlaced = {
  ...{ type: 'HoldPlaced', holdId, account: anna.account, currency: 'EUR', amount: 15_000n },
  ...{ expiresAt, kind: 'order', reference: 'order-1', recordedAt: NOW },
};
const frozen: LedgerEvent = {
  ...{ type: 'AccountFrozen', ...asked(20), account: bruno.account, frozen: 'in', recordedAt: NOW },
};
const closed: LedgerEvent = { type: 'AccountClosed', ...asked(21), account: bruno.account, recordedAt: NOW };
const payment = transfer(anna, bruno, 100n, 1);
const capture = (amount: bigint, id = holdId) => ({
  ...transfer(anna, bruno, amount, 60),
  capture: { holdId: id, final: false },
});

const november = Date.UTC(2026, 10, 30, 23);
const december = Date.UTC(2026, 11, 31, 23);
const totals = [
  { currency: 'EUR', class: 'asset', debits: 20_000n, credits: 0n },
  { currency: 'EUR', class: 'liability', debits: 0n, credits: 20_000n },
] as const;
const closing: PeriodClosed = {
  ...{ type: 'PeriodClosed', ...asked(40), period: '2026-11', from: 0, until: november, entries: 1, totals },
  recordedAt: november,
};
const later: PeriodClosed = {
  ...{ ...closing, ...asked(41), period: '2026-12', from: november, until: december, entries: 0, totals: [] },
  recordedAt: december,
};

type Row = [code: string, detail: string, history: readonly LedgerEvent[], event: LedgerEvent];

describe('an entry', () => {
  it.each<Row>([
    [
      'currency_mismatch',
      'the book is in EUR, the entry in BRL',
      [],
      posted({ ...payment, currency: 'BRL' }),
    ],
    ['entry_invalid', `effective at ${NOW + 1}, but recorded at ${NOW}`, [], posted(payment, NOW, NOW + 1)],
    [
      'period_closed',
      `effective at ${november - 1}, but all before ${november} is closed`,
      [closing],
      posted(payment, november, november - 1),
    ],
    [
      'entry_unknown',
      'there is no revision 5 yet',
      [],
      { ...posted(payment), reverses: { entryId: entryIdAt(NOW, 2), revision: 5n } },
    ],
    [
      'entry_reversed',
      `entry ${entryIdAt(NOW, 2)} was reversed before`,
      [{ ...posted(payment), reverses: { entryId: entryIdAt(NOW, 2), revision: 4n } }],
      {
        ...posted(transfer(anna, bruno, 100n, 3)),
        reverses: { entryId: entryIdAt(NOW, 2), revision: 4n },
      },
    ],
    [
      'account_unknown',
      'wallet:x was never opened',
      [],
      posted(transfer(anna, { ...bruno, account: 'wallet:x' }, 1n)),
    ],
    [
      'currency_mismatch',
      'caffe:x is in CAFFE, the entry in EUR',
      [{ ...opened({ ...anna, account: 'caffe:x' }), currency: 'CAFFE' } as LedgerEvent],
      posted(transfer(anna, { ...bruno, account: 'caffe:x' }, 1n)),
    ],
    ['account_closed', 'wallet:bruno is closed', [closed], posted(payment)],
    ['account_frozen', 'wallet:bruno is frozen: no money may go in', [frozen], posted(payment)],
    [
      'entry_invalid',
      'the balance of source:test-money would be beyond the greatest amount',
      [],
      posted(funding(bruno, MAX_AMOUNT - 19_999n, 1)),
    ],
    [
      'insufficient_funds',
      'wallet:anna would hold -1, under its floor of 0',
      [],
      posted(transfer(anna, bruno, 20_001n)),
    ],
    [
      'insufficient_funds',
      'wallet:anna would hold 14999, of which 15000 is on hold, under its floor of 0',
      [placed],
      posted(transfer(anna, bruno, 5_001n)),
    ],
  ])('%s: %s', (code, detail, history, event) => {
    expect(eventFault(bookOf([...funded, ...history]), event)).toStrictEqual({ code, detail });
  });

  it('names the first of several faults, whatever the order of its postings', () => {
    const both = posted({
      ...payment,
      postings: [
        { account: anna.account, amount: 30_000n },
        { account: bruno.account, amount: -30_000n },
      ],
    });
    expect(eventFault(bookOf([...funded, frozen]), both)?.code).toBe('account_frozen');
    const turned = { ...both, postings: both.postings.toReversed() as unknown as typeof both.postings };
    expect(eventFault(bookOf([...funded, frozen]), turned)?.code).toBe('account_frozen');
  });
});

describe('a capture', () => {
  it.each<Row>([
    ['hold_unknown', 'hold nothing was never placed, or has ended', [placed], posted(capture(1n, 'nothing'))],
    ['hold_expired', `hold ${holdId} expired at ${expiresAt}`, [placed], posted(capture(1n), expiresAt)],
    [
      'hold_exceeded',
      `hold ${holdId} has 15000 left, the entry takes 15001`,
      [placed],
      posted(capture(15_001n)),
    ],
    [
      'entry_invalid',
      'the entry takes nothing from wallet:anna',
      [placed],
      posted({ ...capture(1n), postings: funding(bruno, 1n).postings }),
    ],
  ])('%s: %s', (code, detail, history, event) => {
    expect(eventFault(bookOf([...funded, ...history]), event)).toStrictEqual({ code, detail });
  });
});

describe('a hold', () => {
  const released: LedgerEvent = { type: 'HoldReleased', ...asked(70), holdId, recordedAt: NOW };
  const extended = (until: number): LedgerEvent => ({
    ...{ type: 'HoldExtended', ...asked(71), holdId, expiresAt: until, recordedAt: NOW },
  });

  it.each<Row>([
    ['entry_invalid', '0 cannot be held', [], { ...placed, amount: 0n }],
    ['entry_invalid', `a hold from ${NOW} cannot last until ${NOW}`, [], { ...placed, expiresAt: NOW }],
    ['hold_unknown', `hold ${holdId} was never placed, or has ended`, [], released],
    [
      'hold_unknown',
      `hold ${holdId} expires at ${expiresAt}, not yet`,
      [placed],
      { type: 'HoldExpired', holdId, recordedAt: expiresAt - 1 },
    ],
    [
      'entry_invalid',
      `hold ${holdId} lasts until ${expiresAt}, not ${expiresAt}`,
      [placed],
      extended(expiresAt),
    ],
    [
      'entry_invalid',
      `hold ${holdId} lasts until ${expiresAt}, not ${NOW + MAX_HOLD_MS + 1}`,
      [placed],
      extended(NOW + MAX_HOLD_MS + 1),
    ],
  ])('%s: %s', (code, detail, history, event) => {
    expect(eventFault(bookOf([...funded, ...history]), event)).toStrictEqual({ code, detail });
  });

  it('lasts a leap year at most, and expires at the instant that it names', () => {
    expect(MAX_HOLD_MS).toBe(31_622_400_000);
    const book = bookOf([...funded, placed]);
    expect(eventFault(bookOf(funded), { ...placed, expiresAt: NOW + MAX_HOLD_MS })).toBeUndefined();
    expect(eventFault(book, extended(NOW + MAX_HOLD_MS))).toBeUndefined();
    expect(eventFault(book, { type: 'HoldExpired', holdId, recordedAt: expiresAt })).toBeUndefined();
  });
});

describe('an account', () => {
  it.each<Row>([
    ['account_unknown', 'wallet:x was never opened', [], { ...frozen, account: 'wallet:x' }],
    ['account_closed', 'wallet:bruno is closed', [closed], frozen],
    ['account_not_empty', 'wallet:anna has a balance of -20000', [], { ...closed, account: anna.account }],
  ])('%s: %s', (code, detail, history, event) => {
    expect(eventFault(bookOf([...funded, ...history]), event)).toStrictEqual({ code, detail });
  });
});

describe('a period', () => {
  const differs = 'the totals are not those of the entries of 2026-11';
  const withTotals = (...changed: object[]) => ({ ...closing, totals: changed }) as PeriodClosed;
  const [asset, liability] = totals;

  it.each<Row>([
    ['period_closed', '2026-11 is closed: the last that was is 2026-11', [closing], closing],
    ['period_invalid', '2026-12 is to be closed before 2027-01', [closing], { ...later, period: '2027-01' }],
    [
      'period_invalid',
      `2026-11 does not end at ${november + 1}`,
      [],
      { ...closing, until: november + 1, recordedAt: december },
    ],
    [
      'period_invalid',
      `2026-11 is not over before ${november}`,
      [],
      { ...closing, recordedAt: november - 1 },
    ],
    ['period_invalid', 'it begins at 0, not 900000', [], { ...closing, from: 900_000 }],
    ['period_invalid', differs, [], { ...closing, entries: 2 }],
    ['period_invalid', differs, [], withTotals(asset)],
    ['period_invalid', differs, [], withTotals(asset, liability, asset)],
    ['period_invalid', differs, [], withTotals(asset, { ...liability, currency: 'BRL' })],
    ['period_invalid', differs, [], withTotals(asset, { ...liability, class: 'equity' })],
    ['period_invalid', differs, [], withTotals(asset, { ...liability, debits: 1n })],
    ['period_invalid', differs, [], withTotals(asset, { ...liability, credits: 1n })],
  ])('%s: %s', (code, detail, history, event) => {
    expect(eventFault(bookOf([...funded, ...history]), event)).toStrictEqual({ code, detail });
  });

  it('cannot be closed where more moved, one way, than an amount can say', () => {
    const most = MAX_AMOUNT - 20_000n;
    const back = { ...funding(bruno, -most, 3), kind: 'return' };
    const moved = [posted(funding(bruno, most, 2)), posted(back), posted(funding(bruno, most, 4))];
    expect(eventFault(bookOf([...funded, ...moved]), closing)).toStrictEqual({
      code: 'period_invalid',
      detail: 'the totals of 2026-11 are beyond the greatest amount',
    });
  });

  it('can be closed from the instant on that it ends', () => {
    expect(eventFault(bookOf(funded), closing)).toBeUndefined();
    expect(eventFault(bookOf([...funded, closing]), later)).toBeUndefined();
  });
});

it('what no version of the ledger knows is no event', () => {
  const unknown = { type: 'HoldTeleported', recordedAt: NOW } as unknown as LedgerEvent;
  expect(() => eventFault(bookOf(funded), unknown)).toThrow('unknown event: HoldTeleported');
});
