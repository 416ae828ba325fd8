import type { Account, Frozen } from './accounts.js';
import type { IssuedAsset } from './assets.js';
import type { EntryDraft, EntryMetadata, EntryPlace } from './entry.js';

/** Opens an account at zero. */
export interface OpenAccount extends Omit<Account, 'id' | 'currency'> {
  readonly type: 'OpenAccount';
  /** Id of the account, such as `wallet:<person>`. */
  readonly account: string;
  /** Code of an asset issued in the book; without it, the account is in the book's currency. */
  readonly currency?: string;
}

/** Posts one entry, whole or not at all; with `capture`, out of a hold. */
export interface PostEntry extends EntryDraft {
  readonly type: 'PostEntry';
  /** When it counts, in ms since the epoch; without it, when it is recorded. */
  readonly effectiveAt?: number;
}

/** Posts the mirror of an entry. The caller looks up the event at `reverses.revision` and hands it to `decide`. */
export interface ReverseEntry {
  readonly type: 'ReverseEntry';
  readonly entryId: string;
  readonly reverses: EntryPlace;
  readonly reference: string;
  readonly metadata?: EntryMetadata;
  readonly effectiveAt?: number;
}

/** Sets money of an account aside until `expiresAt`. */
export interface PlaceHold {
  readonly type: 'PlaceHold';
  readonly holdId: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly expiresAt: number;
  /** What the hold is for, such as `order`. */
  readonly kind: string;
  readonly reference: string;
}

interface Asked {
  readonly commandId: string;
  readonly reference: string;
}

export interface ExtendHold extends Asked {
  readonly type: 'ExtendHold';
  readonly holdId: string;
  readonly expiresAt: number;
}

export interface ReleaseHold extends Asked {
  readonly type: 'ReleaseHold';
  readonly holdId: string;
}

/** Ends holds whose time has come, at most `limit` of them; as often as one likes. */
export interface ExpireHolds {
  readonly type: 'ExpireHolds';
  readonly limit: number;
}

/** Freezes an account, or changes which way it is frozen. */
export interface FreezeAccount extends Asked {
  readonly type: 'FreezeAccount';
  readonly account: string;
  readonly frozen: Frozen;
}

export interface UnfreezeAccount extends Asked {
  readonly type: 'UnfreezeAccount';
  readonly account: string;
}

export interface CloseAccount extends Asked {
  readonly type: 'CloseAccount';
  readonly account: string;
}

/** Closes the calendar month `period`, which ends before the instant `until`. */
export interface ClosePeriod extends Asked {
  readonly type: 'ClosePeriod';
  readonly period: string;
  readonly until: number;
}

/** Defines an asset and opens its supply account. */
export interface DefineAsset extends Asked, IssuedAsset {
  readonly type: 'DefineAsset';
}

/** The commands that have one outcome each, however often they are sent. */
export type CommandWithOutcome =
  | PostEntry
  | ReverseEntry
  | PlaceHold
  | ExtendHold
  | ReleaseHold
  | FreezeAccount
  | UnfreezeAccount
  | CloseAccount
  | ClosePeriod
  | DefineAsset;

export type LedgerCommand = OpenAccount | ExpireHolds | CommandWithOutcome;
