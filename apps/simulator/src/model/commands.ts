/** What a book can be asked for. Amounts are minor units, times ms since the epoch, ids UUIDs of version 7. */

export type AccountClass = 'asset' | 'liability' | 'equity' | 'income' | 'expense';
export type Way = 'in' | 'out' | 'both';

export interface Posting {
  readonly account: string;
  /** A debit is positive, a credit negative. */
  readonly amount: bigint;
}

export interface OpenAccount {
  readonly type: 'OpenAccount';
  readonly account: string;
  readonly owner: string | null;
  readonly class: AccountClass;
  readonly chart: string;
  readonly currency?: string;
  readonly floor: bigint | null;
  readonly testMoney: boolean;
}

export interface PostEntry {
  readonly type: 'PostEntry';
  readonly entryId: string;
  readonly kind: string;
  readonly currency: string;
  readonly postings: readonly Posting[];
  readonly reference: string;
  readonly effectiveAt?: number;
  readonly metadata?: Metadata;
  readonly capture?: { readonly holdId: string; readonly final: boolean };
}

export interface Metadata {
  readonly channel?: string;
  readonly disputeId?: string;
  readonly orderId?: string;
  readonly paymentId?: string;
  readonly payoutId?: string;
  readonly reason?: string;
}

export interface ReverseEntry {
  readonly type: 'ReverseEntry';
  readonly entryId: string;
  readonly reverses: { readonly entryId: string; readonly revision: bigint };
  readonly reference: string;
  readonly effectiveAt?: number;
}

export interface PlaceHold {
  readonly type: 'PlaceHold';
  readonly holdId: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly expiresAt: number;
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

export interface ExpireHolds {
  readonly type: 'ExpireHolds';
  readonly limit: number;
}

export interface FreezeAccount extends Asked {
  readonly type: 'FreezeAccount';
  readonly account: string;
  readonly frozen: Way;
}

export interface UnfreezeAccount extends Asked {
  readonly type: 'UnfreezeAccount';
  readonly account: string;
}

export interface CloseAccount extends Asked {
  readonly type: 'CloseAccount';
  readonly account: string;
}

export interface ClosePeriod extends Asked {
  readonly type: 'ClosePeriod';
  /** YYYY-MM. */
  readonly period: string;
  readonly until: number;
}

export interface DefineAsset extends Asked {
  readonly type: 'DefineAsset';
  readonly code: string;
  readonly scale: number;
  readonly issuer: string;
  readonly reserve: string;
  readonly backing: bigint;
}

/** What has one outcome under its id, however often it is asked. */
export type OnceOnly =
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

export type Command = OpenAccount | ExpireHolds | OnceOnly;

/** The id that a command has its one outcome under. */
export function idOf(command: OnceOnly): string {
  if (command.type === 'PostEntry' || command.type === 'ReverseEntry') return command.entryId;
  return command.type === 'PlaceHold' ? command.holdId : command.commandId;
}
