import { progressBar } from './progress.js';
import { formatAmount, formatTable } from './table.js';

describe('formatAmount', () => {
  it.each<[bigint, number, string]>([
    [1_250n, 2, '12.50 EUR'],
    [5n, 2, '0.05 EUR'],
    [0n, 2, '0.00 EUR'],
    [-1n, 2, '-0.01 EUR'],
    [9_007_199_254_740_991n, 2, '90071992547409.91 EUR'],
    [1_250n, 0, '1250 EUR'],
    [1_250n, 3, '1.250 EUR'],
  ])('writes %p with %p minor digits as %s', (minor, exponent, text) => {
    expect(formatAmount(minor, exponent, 'EUR')).toBe(text);
  });
});

describe('formatTable', () => {
  it('aligns its columns', () => {
    const rows = [
      ['wallet:anna', '187.50 EUR'],
      ['wallet:b', '7.50 EUR'],
    ];
    expect(formatTable([{ title: 'account' }, { title: 'balance', align: 'right' }], rows)).toBe(
      'account         balance\n' +
        '-----------  ----------\n' +
        'wallet:anna  187.50 EUR\n' +
        'wallet:b       7.50 EUR\n',
    );
  });
});

describe('progressBar', () => {
  it('draws one line anew when the percentage changes, and leaves nothing behind', () => {
    const written: string[] = [];
    const bar = progressBar('Reading it-eur', (text) => written.push(text));
    bar.show(500, 1_000);
    bar.show(501, 1_000);
    bar.show(1_010, 1_000);
    bar.clear();
    expect(written).toStrictEqual([
      `\rReading it-eur ${'█'.repeat(15)}${'░'.repeat(15)}  50 % of 1000 events`,
      `\rReading it-eur ${'█'.repeat(30)} 100 % of 1000 events`,
      '\r\u001b[2K',
    ]);
  });

  it('leaves the terminal alone when nothing was shown', () => {
    const written: string[] = [];
    progressBar('Reading', (text) => written.push(text)).clear();
    expect(written).toStrictEqual([]);
  });
});
