import type { Account, Frozen } from './accounts.js';
import type { IssuedAsset } from './assets.js';
import type { Entry, EntryPlace, RejectionCode } from './entry.js';
import type { Movements } from './periods.js';

interface Recorded {
  /** When the book recorded it, in ms since the epoch; never before the event that precedes it. */
  readonly recordedAt: number;
}

/** What a person or a program asked for, once, under an id of its own (UUIDv7, from the same space as entry ids). */
interface Asked extends Recorded {
  readonly commandId: string;
  /** Opaque id of what led to it, such as a case or a payment. */
  readonly reference: string;
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
  /** When it counts, in ms since the epoch: within an open period, and never after it was recorded. */
  readonly effectiveAt: number;
  /** The entry that this one undoes: its postings are the same with their signs turned. */
  readonly reverses?: EntryPlace;
}

/** Nothing happened, and nothing will under this id: of an entry, a hold or another command. */
export interface EntryRejected extends Recorded {
  readonly type: 'EntryRejected';
  readonly entryId: string;
  readonly kind: string;
  readonly code: RejectionCode;
  readonly reference: string;
}

/** Money was set aside. */
export interface HoldPlaced extends Recorded {
  readonly type: 'HoldPlaced';
  readonly holdId: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly expiresAt: number;
  readonly kind: string;
  readonly reference: string;
}

/** A hold lasts longer. */
export interface HoldExtended extends Asked {
  readonly type: 'HoldExtended';
  readonly holdId: string;
  readonly expiresAt: number;
}

/** A hold was given up: what is left of it is available again. */
export interface HoldReleased extends Asked {
  readonly type: 'HoldReleased';
  readonly holdId: string;
}

/** A hold's time is over: what is left of it is available again. */
export interface HoldExpired extends Recorded {
  readonly type: 'HoldExpired';
  readonly holdId: string;
}

export interface AccountFrozen extends Asked {
  readonly type: 'AccountFrozen';
  readonly account: string;
  readonly frozen: Frozen;
}

export interface AccountUnfrozen extends Asked {
  readonly type: 'AccountUnfrozen';
  readonly account: string;
}

/** An account at zero takes no more entries, for good. */
export interface AccountClosed extends Asked {
  readonly type: 'AccountClosed';
  readonly account: string;
}

/**
 * A month takes no more entries. Its totals are sealed here, and with them all that came before: the event's hash covers the
 * hash of its predecessor.
 */
export interface PeriodClosed extends Asked, Movements {
  readonly type: 'PeriodClosed';
  /** Calendar month, YYYY-MM. */
  readonly period: string;
  /** From this instant on, in ms since the epoch: where the period before ended, 0 for the first. */
  readonly from: number;
  /** Until before this instant: midnight in the market's time zone. */
  readonly until: number;
}

export interface AssetDefined extends Asked, IssuedAsset {
  readonly type: 'AssetDefined';
}

export type LedgerEvent =
  | LedgerCreated
  | AccountOpened
  | EntryPosted
  | EntryRejected
  | HoldPlaced
  | HoldExtended
  | HoldReleased
  | HoldExpired
  | AccountFrozen
  | AccountUnfrozen
  | AccountClosed
  | PeriodClosed
  | AssetDefined;

/** The id under which an event is the one outcome; `undefined` for those that repeat nothing by themselves. */
export function outcomeId(event: LedgerEvent): string | undefined {
  if ('entryId' in event) return event.entryId;
  if ('commandId' in event) return event.commandId;
  return event.type === 'HoldPlaced' ? event.holdId : undefined;
}
