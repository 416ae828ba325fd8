import type { Account, AccountClass, EntryPosted, LedgerState } from '@florin/ledger';
import type { ClassTotal, LiabilitiesHead } from '@florin/proofs';
import { isOwed, owedAt } from './liabilities/owed.js';

interface Sums {
  debits: bigint;
  credits: bigint;
}

/** What a book owes its users: in minor units, and the number of accounts. */
export type Owed = Pick<LiabilitiesHead, 'total' | 'count'>;

/**
 * Sums of the debit and of the credit balances per currency and class, as `trialBalance` answers them, and of what is owed to
 * users, kept while events come in: a checkpoint must not cost a visit to every account.
 */
export class ClassTotals {
  readonly #sums = new Map<string, Partial<Record<AccountClass, Sums>>>();
  #owed = 0n;
  #owedAccounts = 0;

  /** The totals of a book as it is; visits every account. */
  static of(state: LedgerState): ClassTotals {
    const totals = new ClassTotals();
    for (const { account, debitBalance } of state.accounts.values()) {
      count(totals.open(account, state.currency), debitBalance);
      if (isOwed(account, state.currency)) totals.#owed += owedAt(debitBalance);
    }
    return totals;
  }

  /** A class has a total, of zero, as soon as it has an account. `currency` is the book's. */
  open(account: Pick<Account, 'class' | 'currency' | 'owner'>, currency: string): Sums {
    if (isOwed(account, currency)) this.#owedAccounts += 1;
    return (this.#classesOf(account.currency)[account.class] ??= { debits: 0n, credits: 0n });
  }

  /** Counts an entry that the book has taken in already. */
  add({ postings, currency }: EntryPosted, { accounts, currency: ofBook }: LedgerState): void {
    const classes = this.#classesOf(currency);
    for (const { account, amount } of postings) {
      const holder = accounts.get(account);
      if (holder === undefined) throw new Error(`${account} is touched but was never opened`);
      const sums = (classes[holder.account.class] ??= { debits: 0n, credits: 0n });
      const { debitBalance } = holder;
      const before = debitBalance - amount;
      move(sums, before, debitBalance, amount);
      if (isOwed(holder.account, ofBook)) this.#owed += owedAt(debitBalance) - owedAt(before);
    }
  }

  get owed(): Owed {
    return { total: this.#owed, count: this.#owedAccounts };
  }

  /** One per currency and class. */
  list(): ClassTotal[] {
    return [...this.#sums].flatMap(([currency, classes]) =>
      Object.entries(classes).map(([name, sums]) => ({ currency, class: name, ...sums })),
    );
  }

  #classesOf(currency: string): Partial<Record<AccountClass, Sums>> {
    const classes = this.#sums.get(currency) ?? {};
    this.#sums.set(currency, classes);
    return classes;
  }

  /** What is wrong with the totals of a checkpoint, as a sentence, or `undefined`. One that is left out is zero. */
  fault(totals: readonly ClassTotal[]): string | undefined {
    const [expected, found] = [this.list(), totals].map(
      (list) => new Map(list.map((one) => [`${one.currency} ${one.class}`, `${one.debits} ${one.credits}`])),
    ) as [Map<string, string>, Map<string, string>];
    for (const key of [...expected.keys(), ...found.keys()]) {
      const [due, said] = [expected.get(key) ?? ZERO, found.get(key) ?? ZERO];
      if (due !== said) return `the total of ${key} is "${said}", expected "${due}"`;
    }
    return undefined;
  }

  /** What is wrong with what a checkpoint says is owed, as a sentence, or `undefined`. It need not say anything. */
  owedFault(said: Owed | undefined): string | undefined {
    if (said === undefined || (said.total === this.#owed && said.count === this.#owedAccounts))
      return undefined;
    const due = `${this.#owed} to ${this.#owedAccounts} accounts`;
    return `it says that ${said.total} is owed to ${said.count} accounts, expected ${due}`;
  }
}

const ZERO = '0 0';

function count(sums: Sums, debitBalance: bigint): void {
  if (debitBalance > 0n) sums.debits += debitBalance;
  else sums.credits -= debitBalance;
}

/** Takes a balance out and puts the new one in; at once where both are on one side, as nearly always. */
function move(sums: Sums, before: bigint, after: bigint, amount: bigint): void {
  if (before > 0n && after > 0n) sums.debits += amount;
  else if (before <= 0n && after <= 0n) sums.credits -= amount;
  else {
    count(sums, after);
    if (before > 0n) sums.debits -= before;
    else sums.credits += before;
  }
}
