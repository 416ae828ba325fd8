import type { AccountClass, EntryPosted, LedgerState } from '@florin/ledger';
import type { ClassTotal } from '@florin/proofs';

interface Sums {
  debits: bigint;
  credits: bigint;
}

/** Sums of debit and of credit balances by currency and class, kept up with every entry: a checkpoint comes any time. */
export class ClassTotals {
  readonly #sums = new Map<string, Partial<Record<AccountClass, Sums>>>();

  /** Counts an entry that the book has taken in already. */
  add({ postings, currency }: EntryPosted, { accounts }: LedgerState): void {
    const classes = this.#sums.get(currency) ?? {};
    this.#sums.set(currency, classes);
    for (const { account, amount } of postings) {
      const holder = accounts.get(account);
      if (holder === undefined) throw new Error(`${account} is touched but was never opened`);
      const sums = (classes[holder.account.class] ??= { debits: 0n, credits: 0n });
      const { debitBalance } = holder;
      count(sums, debitBalance - amount, -1n);
      count(sums, debitBalance, 1n);
    }
  }

  /** What is wrong with the totals of a checkpoint, as a sentence, or `undefined`. One that is left out is zero. */
  fault(totals: readonly ClassTotal[]): string | undefined {
    const expected = new Map<string, string>();
    for (const [currency, classes] of this.#sums) {
      for (const [name, { debits, credits }] of Object.entries(classes)) {
        expected.set(`${currency} ${name}`, `${debits} ${credits}`);
      }
    }
    const found = new Map(
      totals.map((total) => [`${total.currency} ${total.class}`, `${total.debits} ${total.credits}`]),
    );
    for (const key of [...expected.keys(), ...found.keys()]) {
      const [due, said] = [expected.get(key) ?? ZERO, found.get(key) ?? ZERO];
      if (due !== said) return `the total of ${key} is "${said}", expected "${due}"`;
    }
    return undefined;
  }
}

const ZERO = '0 0';

function count(sums: Sums, debitBalance: bigint, times: bigint): void {
  if (debitBalance > 0n) sums.debits += debitBalance * times;
  else sums.credits -= debitBalance * times;
}
