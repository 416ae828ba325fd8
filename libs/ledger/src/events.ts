import type { Account } from './accounts.js';
import type { Entry, RejectionCode } from './entry.js';

interface Recorded {
  /** When the book recorded it, in ms since the epoch; never before the event that precedes it. */
  readonly recordedAt: number;
}

/** The first event of every book. */
export interface LedgerCreated extends Recorded {
  readonly type: 'LedgerCreated';
  readonly ledger: string;
  readonly currency: string;
}

export interface AccountOpened extends Recorded, Account {
  readonly type: 'AccountOpened';
}

/** Money moved. */
export interface EntryPosted extends Recorded, Entry {
  readonly type: 'EntryPosted';
}

/** No money moved, and none will under this entry id. */
export interface EntryRejected extends Recorded {
  readonly type: 'EntryRejected';
  readonly entryId: string;
  readonly kind: string;
  readonly code: RejectionCode;
  readonly reference: string;
}

export type LedgerEvent = LedgerCreated | AccountOpened | EntryPosted | EntryRejected;
