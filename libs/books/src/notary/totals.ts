import type { AccountClass, LedgerEvent, LedgerState } from '@florin/ledger';
import type { ClassTotal } from '@florin/proofs';

interface Row {
  readonly currency: string;
  readonly class: AccountClass;
  debits: bigint;
  credits: bigint;
}

/**
 * Sums of the debit and of the credit balances per currency and class, as `trialBalance` answers them, kept while events come
 * in: a checkpoint must not cost a visit to every account.
 */
export class RunningTotals {
  readonly #rows = new Map<string, Row>();

  /** The totals of a book as it is; visits every account. */
  static of(state: LedgerState): RunningTotals {
    const totals = new RunningTotals();
    for (const { account, debitBalance } of state.accounts.values()) {
      const row = totals.#row(account.currency, account.class);
      row.debits += positive(debitBalance);
      row.credits += positive(-debitBalance);
    }
    return totals;
  }

  /** Takes in an event; `state` is the book after it. */
  add(event: LedgerEvent, state: LedgerState): void {
    if (event.type === 'AccountOpened') this.#row(event.currency, event.class);
    if (event.type !== 'EntryPosted') return;
    const changes = new Map<string, bigint>();
    for (const { account, amount } of event.postings) {
      changes.set(account, (changes.get(account) ?? 0n) + amount);
    }
    for (const [id, change] of changes) this.#move(state, id, change);
  }

  /** One per currency and class that has accounts. */
  list(): ClassTotal[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }

  #move(state: LedgerState, id: string, change: bigint): void {
    const after = state.accounts.get(id);
    if (after === undefined) throw new RangeError(`an entry moves ${id}, which is no account`);
    const row = this.#row(after.account.currency, after.account.class);
    const before = after.debitBalance - change;
    row.debits += positive(after.debitBalance) - positive(before);
    row.credits += positive(-after.debitBalance) - positive(-before);
  }

  #row(currency: string, accountClass: AccountClass): Row {
    const key = `${currency} ${accountClass}`;
    const row = this.#rows.get(key) ?? { currency, class: accountClass, debits: 0n, credits: 0n };
    this.#rows.set(key, row);
    return row;
  }
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
