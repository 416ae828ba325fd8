import { isSafeAmount } from './money.js';

/** One side of an entry, in minor units: a debit is positive, a credit negative; never zero. */
export interface Posting {
  readonly account: string;
  readonly amount: bigint;
}

declare const balanced: unique symbol;

/** Postings that sum to zero. Only `buildEntry` makes them, so an unbalanced entry has no type. */
export type BalancedPostings = readonly Posting[] & { readonly [balanced]: true };

/** What an entry may say of itself beside its reference: opaque ids and codes, nothing that names a person. */
export const metadataKeys = ['channel', 'disputeId', 'orderId', 'paymentId', 'payoutId', 'reason'] as const;
export type EntryMetadata = { readonly [Key in (typeof metadataKeys)[number]]?: string };

/** The hold that an entry takes its money from. */
export interface Capture {
  readonly holdId: string;
  /** Whether the hold ends with this entry: what it did not take is available again. */
  readonly final: boolean;
}

/** An entry in the book. */
export interface EntryPlace {
  readonly entryId: string;
  readonly revision: bigint;
}

export interface EntryDraft {
  /** UUIDv7 of the caller's: an entry id has one outcome, however often it is sent. */
  readonly entryId: string;
  /** What the entry is for, such as `p2p`. */
  readonly kind: string;
  /** The book's currency, or the code of an asset issued in it. */
  readonly currency: string;
  readonly postings: readonly Posting[];
  /** Opaque id of what caused the entry, such as a payment's. */
  readonly reference: string;
  readonly metadata?: EntryMetadata;
  readonly capture?: Capture;
}

export interface Entry extends EntryDraft {
  readonly postings: BalancedPostings;
}

/** Why a book refuses an entry. The refusal is recorded and final for that entry id. */
export const rejectionCodes = [
  'insufficient_funds',
  'account_unknown',
  'currency_mismatch',
  'entry_invalid',
  'account_frozen',
  'account_closed',
  'account_not_empty',
  'hold_unknown',
  'hold_expired',
  'hold_exceeded',
  'period_closed',
  'period_invalid',
  'entry_unknown',
  'entry_reversed',
  'asset_invalid',
  'reserve_exceeded',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

export interface Rejection {
  readonly code: RejectionCode;
  /** A sentence for whoever looks for the cause. */
  readonly detail: string;
}

export const MAX_POSTINGS = 100;

/** The one way to an entry: two to a hundred postings of different accounts that sum to zero, or a rejection. */
export function buildEntry(draft: EntryDraft): Entry | Rejection {
  const { entryId, kind, currency, reference, metadata, capture } = draft;
  const fault = entryFault(draft);
  if (fault !== undefined) return { code: 'entry_invalid', detail: fault };
  const postings: readonly Posting[] = draft.postings.map(({ account, amount }) => ({ account, amount }));
  return {
    ...{ entryId, kind, currency, postings: postings as BalancedPostings, reference },
    ...(metadata === undefined ? {} : { metadata }),
    ...(capture === undefined ? {} : { capture }),
  };
}

/** Why a draft is no entry, as a sentence, or `undefined`. */
export function entryFault({ postings, metadata }: EntryDraft): string | undefined {
  return postingsFault(postings) ?? metadataFault(metadata);
}

/** The postings that undo those of an entry. */
export function mirrored(postings: readonly Posting[]): readonly Posting[] {
  return postings.map(({ account, amount }) => ({ account, amount: -amount }));
}

/** Tells a rejection from an entry, or from an event: those have no code and detail. */
export function isRejection(result: object): result is Rejection {
  return 'code' in result && 'detail' in result;
}

function postingsFault(postings: readonly Posting[]): string | undefined {
  if (postings.length < 2) return 'an entry has at least two postings';
  if (postings.length > MAX_POSTINGS) return `an entry has at most ${MAX_POSTINGS} postings`;
  let sum = 0n;
  for (const { account, amount } of postings) {
    if (amount === 0n) return `the posting to ${account} is zero`;
    if (!isSafeAmount(amount)) return `the posting to ${account} is beyond the greatest amount`;
    sum += amount;
  }
  if (sum !== 0n) return `the postings sum to ${sum}, not to zero`;
  return haveRepeated(postings) ? 'an account occurs twice' : undefined;
}

function haveRepeated(postings: readonly Posting[]): boolean {
  // Nearly every entry has two, and no need of a set.
  if (postings.length === 2) return postings[0]?.account === postings[1]?.account;
  return new Set(postings.map((posting) => posting.account)).size < postings.length;
}

const KIND = /^[a-z][a-z0-9-]{0,31}$/;
const REFERENCE = /^[\x21-\x7e]{0,64}$/;

/** What is wrong with the labels that are recorded with every outcome, or `undefined`. */
export function labelsFault(labels: {
  readonly kind: string;
  readonly reference: string;
}): string | undefined {
  if (!KIND.test(labels.kind)) return `"${labels.kind}" is not a kind of entry`;
  if (!REFERENCE.test(labels.reference)) return 'the reference is not an opaque id of at most 64 characters';
  return undefined;
}

const METADATA_VALUE = /^[\x21-\x7e]{1,64}$/;

function metadataFault(metadata: EntryMetadata | undefined): string | undefined {
  if (metadata === undefined) return undefined;
  const fields = Object.entries(metadata);
  if (fields.length === 0) return 'metadata that says nothing is left out';
  for (const [key, value] of fields) {
    if (!metadataKeys.some((known) => known === key)) return `"${key}" is not among the metadata of an entry`;
    if (!METADATA_VALUE.test(value))
      return `the metadata ${key} is not an opaque id of at most 64 characters`;
  }
  return undefined;
}
