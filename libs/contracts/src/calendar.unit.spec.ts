import { monthAt, monthSpan } from './calendar.js';
import { markets } from './markets.js';

const iso = (month: string, timeZone: string) => {
  const { from, to } = monthSpan(month, timeZone);
  return [new Date(from).toISOString(), new Date(to).toISOString()];
};

describe('a month', () => {
  it.each([
    ['2026-01', 'Europe/Rome', '2025-12-31T23:00:00.000Z', '2026-01-31T23:00:00.000Z'],
    // The clocks go forward on the 29th, and back on the 25th.
    ['2026-03', 'Europe/Rome', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['2026-10', 'Europe/Rome', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['2026-12', 'Europe/Rome', '2026-11-30T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['2028-02', 'Asia/Kolkata', '2028-01-31T18:30:00.000Z', '2028-02-29T18:30:00.000Z'],
    ['2026-10', 'America/Sao_Paulo', '2026-10-01T03:00:00.000Z', '2026-11-01T03:00:00.000Z'],
    // Brazil still had summer time, which began and ended at midnight.
    ['2018-11', 'America/Sao_Paulo', '2018-11-01T03:00:00.000Z', '2018-12-01T02:00:00.000Z'],
    ['2018-02', 'America/Sao_Paulo', '2018-02-01T02:00:00.000Z', '2018-03-01T03:00:00.000Z'],
    // The clocks went back an hour after a midnight on the first of a month.
    ['2026-11', 'America/New_York', '2026-11-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z'],
  ])('%s in %s is from %s to %s', (month, timeZone, from, to) => {
    expect(iso(month, timeZone)).toEqual([from, to]);
  });

  it('ends where the next one begins, in every market, and holds its own instants', () => {
    const months = Array.from({ length: 240 }, (_, i) =>
      new Date(Date.UTC(2015, i)).toISOString().slice(0, 7),
    );
    for (const { timeZone } of Object.values(markets)) {
      months.forEach((month, i) => {
        const { from, to } = monthSpan(month, timeZone);
        const next = months[i + 1];
        if (next !== undefined) expect(to).toBe(monthSpan(next, timeZone).from);
        expect([from, to - 1].map((ms) => monthAt(ms, timeZone))).toEqual([month, month]);
        expect(monthAt(from - 1, timeZone)).not.toBe(month);
      });
    }
  });

  it.each([
    ['1970-01', '1970-01-01T00:00:00.000Z'],
    ['1999-12', '1999-12-01T00:00:00.000Z'],
    ['2000-01', '2000-01-01T00:00:00.000Z'],
    ['8999-12', '8999-12-01T00:00:00.000Z'],
    ['9998-12', '9998-12-01T00:00:00.000Z'],
  ])('%s begins at %s in UTC', (month, from) => {
    expect(iso(month, 'UTC')[0]).toBe(from);
  });

  it.each(['0000-01', '0099-12', '1899-12', '1969-12', '9999-01', '9999-12'])(
    'is not %s: too far away',
    (month) => {
      expect(() => monthSpan(month, 'Europe/Rome')).toThrow(RangeError);
    },
  );

  it.each(['2026-13', '2026-00', '2026-1', '26-10', '2026-10-01', ''])('is not "%s"', (text) => {
    expect(() => monthSpan(text, 'Europe/Rome')).toThrow(RangeError);
  });
});
