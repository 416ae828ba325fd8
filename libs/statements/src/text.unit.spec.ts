import { statementCsv } from './csv.js';
import { datesIn } from './dates.js';
import { decimalOf } from './decimal.js';
import { checkpoint, given, linesFrom, proofUrl } from './given.spec.js';
import { statementJson } from './json.js';

describe('an amount', () => {
  it.each([
    [0n, 2, '0.00'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [123_456n, 2, '1234.56'],
    [-1_000n, 0, '-1000'],
    [7n, 3, '0.007'],
    [9_007_199_254_740_993n, 2, '90071992547409.93'],
  ])('of %s with %i minor digits is %s', (minor, exponent, text) => {
    expect(decimalOf(minor, exponent)).toBe(text);
  });
});

describe('a date', () => {
  it.each([
    ['2026-10-31T22:59:59.999Z', 'Europe/Rome', '2026-10-31', '2026-10-31T23:59:59.999+01:00'],
    ['2026-10-24T22:00:00.000Z', 'Europe/Rome', '2026-10-25', '2026-10-25T00:00:00.000+02:00'],
    ['2026-10-31T18:30:00.000Z', 'Asia/Kolkata', '2026-11-01', '2026-11-01T00:00:00.000+05:30'],
    ['2026-11-01T02:59:59.999Z', 'America/Sao_Paulo', '2026-10-31', '2026-10-31T23:59:59.999-03:00'],
    ['2026-10-31T12:00:00.005Z', 'UTC', '2026-10-31', '2026-10-31T12:00:00.005+00:00'],
  ])('%s in %s is %s', (instant, timeZone, day, time) => {
    const dates = datesIn(timeZone);
    expect([dates.day(Date.parse(instant)), dates.time(Date.parse(instant))]).toEqual([day, time]);
    expect(new Date(time).toISOString()).toBe(instant);
  });
});

describe('a statement in JSON', () => {
  it('has integers, instants, and dates of the time zone', () => {
    expect(JSON.parse(statementJson(given({ checkpoint, proofUrl })))).toMatchObject({
      ledger: 'it-eur',
      account: 'wallet:01a1fdfa-4600-7000-8000-00000000a44a',
      currency: 'EUR',
      exponent: 2,
      period: {
        label: '2026-10',
        from: '2026-09-30T22:00:00.000Z',
        to: '2026-10-31T23:00:00.000Z',
        timeZone: 'Europe/Rome',
      },
      provisional: null,
      opening: 1_000,
      closing: 500,
      credits: { count: 1, sum: '1250' },
      debits: { count: 2, sum: '1750' },
      lines: [
        { revision: 100, bookingDate: '2026-10-01', change: 1_250, balance: 2_250, reverses: null },
        { bookingDate: '2026-10-02', valueDate: '2026-09-30', effectiveAt: '2026-09-30T21:59:59.999Z' },
        { kind: 'reversal', reverses: '01a1fdfa-4610-7000-8000-000000000000' },
      ],
      checkpoint,
      proofUrl,
    });
  });

  it('says that it is provisional, and refuses what is not exact', () => {
    const early = JSON.parse(statementJson(given({ provisional: { revision: 7n } }))) as object;
    expect(early).toMatchObject({ provisional: { revision: 7 }, checkpoint: null, proofUrl: null });
    expect(() => statementJson(given({ opening: 2n ** 53n, lines: [] }))).toThrow(RangeError);
  });

  it('sums up what moved, however often: no balance limits that', () => {
    const credits = { count: 2_000, sum: 2_000n * (2n ** 53n - 1n) };
    expect(JSON.parse(statementJson({ ...given(), credits }))).toMatchObject({
      credits: { count: 2_000, sum: '18014398509481982000' },
    });
  });
});

describe('a statement in CSV', () => {
  it('has a row for each balance and each line, all with the same cells', () => {
    const rows = statementCsv(given()).split('\r\n');
    expect(rows.pop()).toBe('');
    expect(rows.every((row) => row.split(',').length === 13)).toBe(true);
    expect(rows[1]).toBe('opening,,,,,,,2026-10-01,,,10.00,EUR,');
    expect(rows[3]).toMatch(/^entry,101,.*,2026-10-02,2026-09-30,-5\.00,17\.50,EUR,$/);
    expect(rows[5]).toBe('closing,,,,,,,2026-10-31,,,5.00,EUR,');
    expect(statementCsv(given({ provisional: { revision: 7n } }))).toContain('\r\nprovisional,7,');
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+39', "'+39"],
    ['@sum', "'@sum"],
    [' =1', "' =1"],
    ['-2+3', "'-2+3"],
    ['-12.50', '-12.50'],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ['a,b', '"a,b"'],
    ['a\r\nb', '"a\r\nb"'],
    ['\tx', "'\tx"],
    ['plain', 'plain'],
  ])('writes the reference %j as %j', (reference, cell) => {
    const [line] = linesFrom(0n, [{ change: 1n, reference }]);
    const csv = statementCsv(given({ opening: 0n, lines: [line!] }));
    expect(csv).toContain(`,p2p,${cell},2026-`);
  });
});
