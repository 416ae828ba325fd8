import { naturalBalance, type Account } from './accounts.js';
import { RecentEntryIds } from './entry-id.js';

/** An account and what the book holds in it. */
export interface AccountState {
  readonly account: Account;
  /** Sum of the postings in minor units: positive is a debit balance. */
  readonly debitBalance: bigint;
}

/** One book at one revision. Only `evolve` writes it. */
export interface LedgerState {
  readonly ledger: string;
  readonly currency: string;
  /** Revision of the last event; -1 for a book without events. */
  readonly revision: bigint;
  /** Where the book's clock stands, in ms since the epoch: the last event's `recordedAt`. */
  readonly recordedAt: number;
  readonly accounts: ReadonlyMap<string, AccountState>;
  readonly entryIds: Pick<RecentEntryIds, 'has' | 'size'>;
}

/** A book before its first event. */
export function emptyLedger(ledger: string, currency: string): LedgerState {
  return {
    ledger,
    currency,
    revision: -1n,
    recordedAt: 0,
    accounts: new Map(),
    entryIds: new RecentEntryIds(),
  };
}

/** What an account holds, in minor units on its natural side; `undefined` if it was never opened. */
export function balanceOf(state: LedgerState, account: string): bigint | undefined {
  const found = state.accounts.get(account);
  return found && naturalBalance(found.account.class, found.debitBalance);
}
