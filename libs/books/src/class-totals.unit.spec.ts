import { decide, emptyLedger, evolve, type LedgerCommand, type LedgerState } from '@florin/ledger';
import { ClassTotals } from './class-totals.js';
import { idAt, START } from './history.spec.js';

const accounts = ['wallet:a', 'wallet:b', 'wallet:c'];

/** Accounts without floors, so that balances cross zero to and fro, after each command with the totals kept so far. */
function* movements(): Generator<{ state: LedgerState; kept: ClassTotals }> {
  const kept = new ClassTotals();
  let state = emptyLedger('it-eur', 'EUR');
  const opened = accounts.map((account): LedgerCommand => ({
    ...{ type: 'OpenAccount', account, owner: 'someone', class: 'liability', chart: '2010', floor: null },
    testMoney: false,
  }));
  const posted = Array.from({ length: 200 }, (_, n): LedgerCommand => {
    const amount = BigInt(((n * 37) % 11) + 1) * (n % 3 === 0 ? -1n : 1n);
    const entryId = idAt(START, n);
    return {
      ...{ type: 'PostEntry', entryId, kind: 'p2p', currency: 'EUR', reference: entryId },
      postings: [
        { account: accounts[n % 3] as string, amount },
        { account: accounts[(n + 1 + (n % 2)) % 3] as string, amount: -amount },
      ],
    };
  });
  for (const command of [...opened, ...posted]) {
    for (const event of decide(state, command, START).events) {
      state = evolve(state, event);
      if (event.type === 'AccountOpened') kept.open(event, state.currency);
      if (event.type === 'EntryPosted') kept.add(event, state);
    }
    yield { state, kept };
  }
}

it('totals that are kept are those of a book as it is, whichever side balances are on', () => {
  const sides = new Set<string>();
  for (const { state, kept } of movements()) {
    expect(kept.list()).toStrictEqual(ClassTotals.of(state).list());
    const owed = { total: kept.owed.total, accounts: kept.owed.count };
    const balances = [...state.accounts.values()].map(({ debitBalance }) => debitBalance);
    const due = balances.reduce((sum, balance) => (balance < 0n ? sum - balance : sum), 0n);
    expect(owed).toStrictEqual({ total: due, accounts: balances.length });
    for (const balance of balances) sides.add(balance > 0n ? 'debit' : balance < 0n ? 'credit' : 'zero');
  }
  expect(sides).toStrictEqual(new Set(['zero', 'debit', 'credit']));
});
