import { anna, bookOf, bruno, created, funding, opened, posted, testMoney, transfer } from './given.spec.js';
import { balanceOf, emptyLedger } from './state.js';
import { trialBalance } from './trial-balance.js';

const book = bookOf([
  created,
  opened(anna),
  opened(bruno),
  opened(testMoney),
  posted(funding(anna, 20_000n, 1)),
  posted(transfer(anna, bruno, 1_250n, 2)),
]);

describe('balanceOf', () => {
  it('is positive on the natural side of each class', () => {
    expect(balanceOf(book, 'source:test-money')).toBe(20_000n);
    expect(balanceOf(book, 'wallet:anna')).toBe(18_750n);
    expect(balanceOf(book, 'wallet:bruno')).toBe(1_250n);
    expect(balanceOf(book, 'wallet:carla')).toBeUndefined();
  });
});

describe('trialBalance', () => {
  it('sums the book per class and per number of the chart', () => {
    const assets = { accounts: 1, debits: 20_000n, credits: 0n, balance: 20_000n };
    const wallets = { accounts: 2, debits: 0n, credits: 20_000n, balance: 20_000n };
    expect(trialBalance(book)).toStrictEqual({
      currency: 'EUR',
      accounts: 3,
      debits: 20_000n,
      credits: 20_000n,
      difference: 0n,
      byClass: [
        { class: 'asset', ...assets },
        { class: 'liability', ...wallets },
      ],
      byChart: [
        { class: 'asset', chart: '1900', ...assets },
        { class: 'liability', chart: '2010', ...wallets },
      ],
    });
  });

  it('is zero for a book without events', () => {
    expect(trialBalance(emptyLedger('it-eur', 'EUR'))).toStrictEqual({
      currency: 'EUR',
      accounts: 0,
      debits: 0n,
      credits: 0n,
      difference: 0n,
      byClass: [],
      byChart: [],
    });
  });

  it('has its rows in the order of the chart, whatever the order of the accounts', () => {
    const at = (account: string, chart: string, accountClass: 'asset' | 'expense') =>
      opened({ ...testMoney, account, chart, class: accountClass });
    const history = [at('a:1', '5000', 'expense'), at('a:2', '1900', 'asset'), at('a:3', '1010', 'asset')];
    const { byChart, byClass } = trialBalance(bookOf([created, ...history, at('a:4', '1500', 'asset')]));
    expect(byChart.map(({ chart }) => chart)).toStrictEqual(['1010', '1500', '1900', '5000']);
    expect(byClass.map((row) => row.class)).toStrictEqual(['asset', 'expense']);
  });
});
