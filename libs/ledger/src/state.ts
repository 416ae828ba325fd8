import { naturalBalance, type Account, type Frozen } from './accounts.js';
import type { IssuedAsset } from './assets.js';
import { RecentEntryIds } from './entry-id.js';
import type { Hold } from './holds.js';
import { OpenMovements } from './periods.js';

/** An account and what the book holds in it. */
export interface AccountState {
  readonly account: Account;
  /** Sum of the postings in minor units: positive is a debit balance. */
  readonly debitBalance: bigint;
  /** Sum of the account's open holds in minor units. */
  readonly held: bigint;
  readonly frozen: Frozen | null;
  readonly closed: boolean;
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
  /** The open ones, by id: how one ended is in the log. */
  readonly holds: ReadonlyMap<string, Hold>;
  readonly entryIds: Pick<RecentEntryIds, 'has' | 'size' | 'packed'>;
  /** Ids of the entries that were reversed: as many as there are reversals, which are rare. */
  readonly reversed: ReadonlySet<string>;
  /** The last period that was closed, as YYYY-MM. */
  readonly lastPeriod: string | null;
  /** The first instant that entries may take effect at, in ms since the epoch. */
  readonly openFrom: number;
  readonly movements: Pick<OpenMovements, 'before' | 'toJSON'>;
  /** By their codes. */
  readonly assets: ReadonlyMap<string, IssuedAsset>;
  /** The asset that an account is the reserve or the supply of. */
  readonly backings: ReadonlyMap<string, IssuedAsset>;
}

/** A book before its first event. */
export function emptyLedger(ledger: string, currency: string): LedgerState {
  return {
    ledger,
    currency,
    revision: -1n,
    recordedAt: 0,
    accounts: new Map(),
    holds: new Map(),
    entryIds: new RecentEntryIds(),
    reversed: new Set(),
    lastPeriod: null,
    openFrom: 0,
    movements: new OpenMovements(),
    assets: new Map(),
    backings: new Map(),
  };
}

/** What an account holds, in minor units on its natural side; `undefined` if it was never opened. */
export function balanceOf(state: LedgerState, account: string): bigint | undefined {
  const found = state.accounts.get(account);
  return found && naturalBalance(found.account.class, found.debitBalance);
}
