import type { ClosePeriod } from './commands.js';
import type { PeriodClosed } from './events.js';
import { anna, bruno, entryIdAt, funding, replayed, stored, transfer } from './given.spec.js';
import { endsPeriod, nextPeriod, OpenMovements, SLOT_MS } from './periods.js';
import { accepted, asked, refusal, Scene, funded } from './scene.spec.js';

/** Midnight in Rome, in winter. The book's first day is 2 November. */
const endOfNovember = Date.UTC(2026, 10, 30, 23);
const endOfDecember = Date.UTC(2026, 11, 31, 23);
const now = endOfNovember + 3_600_000;
const closeNovember: ClosePeriod = {
  type: 'ClosePeriod',
  ...asked(40),
  period: '2026-11',
  until: endOfNovember,
};
const entryAt = (timeMs: number, n: number, effectiveAt?: number) => ({
  ...transfer(anna, bruno, 100n, n),
  entryId: entryIdAt(timeMs, n),
  ...(effectiveAt === undefined ? {} : { effectiveAt }),
});
const id = (n: number) => ({ ...asked(n), commandId: entryIdAt(now, n) });
const close = { ...closeNovember, ...id(40) };
const eur = (accountClass: 'asset' | 'liability', debits: bigint, credits: bigint) => ({
  currency: 'EUR',
  class: accountClass,
  debits,
  credits,
});

describe('closing a period', () => {
  it('seals what took effect in it, whenever that was recorded', () => {
    const scene = new Scene().do(entryAt(now, 1, endOfNovember - 1), now).do(entryAt(now, 2), now);
    const closed: PeriodClosed = {
      ...{ ...close, type: 'PeriodClosed', from: 0, entries: 2, recordedAt: now },
      totals: [eur('asset', 20_000n, 0n), eur('liability', 100n, 20_100n)],
    };
    expect(scene.decide(close, now)).toStrictEqual(accepted(closed));
    const { state } = scene.do(close, now);
    expect(state).toMatchObject({ openFrom: endOfNovember, lastPeriod: '2026-11' });
    expect(state.movements.before(endOfDecember)).toStrictEqual({
      entries: 1,
      totals: [eur('liability', 100n, 100n)],
    });
  });

  it('begins the next where it ended', () => {
    const later = endOfDecember + 1;
    const december = {
      ...{ ...close, period: '2026-12', until: endOfDecember },
      commandId: entryIdAt(later, 41),
    };
    const [event] = new Scene().do(close, now).decide(december, later).events;
    expect(event).toMatchObject({ from: endOfNovember, until: endOfDecember, entries: 0, totals: [] });
  });

  it('lets no entry take effect in it any more', () => {
    const scene = new Scene().do(close, now);
    const late = entryAt(now, 3, endOfNovember - 1);
    expect(scene.decide(late, now)).toStrictEqual(refusal(late, 'p2p', 'period_closed', now));
    expect(scene.decide(entryAt(now, 4, endOfNovember), now).outcome).toBe('accepted');
  });

  it('lets no entry take effect after it is recorded', () => {
    const ahead = entryAt(now, 5, now + 1);
    expect(new Scene().decide(ahead, now)).toStrictEqual(refusal(ahead, 'p2p', 'entry_invalid', now));
  });

  it.each<[string, Partial<ClosePeriod>, 'period_closed' | 'period_invalid']>([
    ['twice', {}, 'period_closed'],
    ['that was before', { period: '2026-10', until: Date.UTC(2026, 9, 31, 23) }, 'period_closed'],
    ['that leaves one out', { period: '2027-01', until: Date.UTC(2027, 0, 31, 23) }, 'period_invalid'],
    ['that is not over', { period: '2026-12', until: endOfDecember }, 'period_invalid'],
    ['at another time', { period: '2026-12', until: endOfNovember }, 'period_invalid'],
    ['that is none', { period: '2026-13', until: endOfNovember }, 'period_invalid'],
  ])('is refused for a month %s', (_what, change, code) => {
    const again = { ...close, ...id(42), ...change };
    expect(new Scene().do(close, now).decide(again, now)).toStrictEqual(
      refusal(again, 'period-close', code, now),
    );
  });

  it('is found in a stored history where it lies', () => {
    const { events } = new Scene().do(close, now);
    const closed = events.at(-1) as PeriodClosed;
    const findingOf = (change: Partial<PeriodClosed>) =>
      replayed(stored([...funded, { ...closed, ...change }])).finding?.code;
    expect(findingOf({})).toBeUndefined();
    expect(findingOf({ entries: 2 })).toBe('period_invalid');
    expect(findingOf({ totals: [] })).toBe('period_invalid');
    expect(
      findingOf({ totals: closed.totals.map((total) => ({ ...total, debits: total.debits + 1n })) }),
    ).toBe('period_invalid');
    expect(findingOf({ from: SLOT_MS })).toBe('period_invalid');
  });

  it('stays cheap: a closed period leaves nothing behind', () => {
    const scene = new Scene()
      .do({ ...funding(bruno, 5n, 6), entryId: entryIdAt(endOfNovember, 6) }, endOfNovember - 1)
      .do(close, now);
    expect(scene.state.movements.before(Number.MAX_SAFE_INTEGER)).toStrictEqual({ entries: 0, totals: [] });
  });
});

describe('the end of a month', () => {
  it('is a midnight somewhere', () => {
    expect(endsPeriod('2026-11', Date.UTC(2026, 11, 1))).toBe(true);
    expect(endsPeriod('2026-11', Date.UTC(2026, 10, 30, 18, 30))).toBe(true);
    expect(endsPeriod('2026-11', Date.UTC(2026, 10, 30, 9, 45))).toBe(false);
    expect(endsPeriod('2026-11', Date.UTC(2026, 11, 1, 12, 15))).toBe(false);
    expect(endsPeriod('2026-11', Date.UTC(2026, 11, 1) + 1)).toBe(false);
    expect(endsPeriod('2026-11', Number.NaN)).toBe(false);
  });

  it('is followed by the next, over the end of the year too', () => {
    expect(nextPeriod('2026-11')).toBe('2026-12');
    expect(nextPeriod('2026-12')).toBe('2027-01');
  });
});

describe('months that are none', () => {
  it.each(['2026-00', '2026-13', '2026-1', 'x2026-11', '2026-111', '20266-11', '2026-0x'])(
    'such as %s',
    (period) => {
      expect(endsPeriod(period, endOfNovember)).toBe(false);
      expect(() => nextPeriod(period)).toThrow(RangeError);
    },
  );

  it('are those before 1970, and those whose next one has no four digits', () => {
    expect(endsPeriod('0099-12', Date.UTC(2000, 0, 1))).toBe(false);
    expect(endsPeriod('1969-12', 0)).toBe(false);
    expect(endsPeriod('1970-01', Date.UTC(1970, 1, 1))).toBe(true);
    expect(endsPeriod('9998-12', Date.UTC(9999, 0, 1))).toBe(true);
    expect(endsPeriod('9999-01', Date.UTC(9999, 1, 1))).toBe(false);
    expect(endsPeriod('9999-12', Date.UTC(10_000, 0, 1))).toBe(false);
  });

  it('end from fourteen hours before their end in UTC to twelve hours after it', () => {
    const end = Date.UTC(2026, 11, 1);
    const hours = (count: number) => end + count * 3_600_000;
    const ends = [hours(-14) - SLOT_MS, hours(-14), hours(12), hours(12) + SLOT_MS];
    expect(ends.map((until) => endsPeriod('2026-11', until))).toStrictEqual([false, true, true, false]);
  });
});

describe('open movements', () => {
  /** The later before the earlier, a currency and a class that come first in the alphabet last. */
  const moved = (): OpenMovements => {
    const movements = new OpenMovements();
    for (const at of [SLOT_MS * 10, SLOT_MS * 2, SLOT_MS * 2 - 1]) {
      movements.addEntry(at);
      movements.addPosting(at, 'EUR', 'liability', -5n);
      movements.addPosting(at, 'EUR', 'liability', 7n);
      movements.addPosting(at, 'EUR', 'asset', 5n);
      movements.addPosting(at, 'CAFFE', 'liability', -3n);
      movements.addPosting(at, 'CAFFE', 'asset', 3n);
    }
    return movements;
  };
  const sums = [
    ['CAFFE', 'asset', '3', '0'],
    ['CAFFE', 'liability', '0', '3'],
    ['EUR', 'asset', '5', '0'],
    ['EUR', 'liability', '7', '5'],
  ] as const;

  it('are stored in the order of time, of currencies and of classes', () => {
    expect(moved().toJSON()).toStrictEqual([
      [1, 1, sums],
      [2, 1, sums],
      [10, 1, sums],
    ]);
  });

  it('are read back as they were, and go on', () => {
    const back = OpenMovements.fromJSON(moved().toJSON());
    expect(back.toJSON()).toStrictEqual(moved().toJSON());
    back.addPosting(SLOT_MS, 'EUR', 'asset', 1n);
    expect(back.before(SLOT_MS * 2)).toMatchObject({ totals: [{}, {}, { debits: 6n, credits: 0n }, {}] });
  });

  it('are summed up to an instant, in the order of currencies and classes', () => {
    const total = (currency: string, accountClass: string, debits: bigint, credits: bigint) => ({
      ...{ currency, class: accountClass, debits, credits },
    });
    expect(moved().before(SLOT_MS * 10)).toStrictEqual({
      entries: 2,
      totals: [
        total('CAFFE', 'asset', 6n, 0n),
        total('CAFFE', 'liability', 0n, 6n),
        total('EUR', 'asset', 10n, 0n),
        total('EUR', 'liability', 14n, 10n),
      ],
    });
  });

  it('are forgotten up to an instant, and not the slot that begins with it', () => {
    const movements = moved();
    movements.dropBefore(SLOT_MS * 2);
    expect(movements.toJSON().map(([index]) => index)).toStrictEqual([2, 10]);
  });
});
