import { isSafeAmount } from './money.js';

/** One side of an entry, in minor units: a debit is positive, a credit negative; never zero. */
export interface Posting {
  readonly account: string;
  readonly amount: bigint;
}

declare const balanced: unique symbol;

/** Postings that sum to zero. Only `buildEntry` makes them, so an unbalanced entry has no type. */
export type BalancedPostings = readonly Posting[] & { readonly [balanced]: true };

export interface EntryDraft {
  /** UUIDv7 of the caller's: an entry id has one outcome, however often it is sent. */
  readonly entryId: string;
  /** What the entry is for, such as `p2p`. */
  readonly kind: string;
  readonly currency: string;
  readonly postings: readonly Posting[];
  /** Opaque id of what caused the entry, such as a payment's. */
  readonly reference: string;
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
  const { entryId, kind, currency, reference } = draft;
  const fault = postingsFault(draft.postings);
  if (fault !== undefined) return { code: 'entry_invalid', detail: fault };
  const postings = draft.postings.map(({ account, amount }) => ({ account, amount }));
  return { entryId, kind, currency, postings: postings as readonly Posting[] as BalancedPostings, reference };
}

export function isRejection(result: Entry | Rejection): result is Rejection {
  return 'code' in result;
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
  const accounts = new Set(postings.map((posting) => posting.account));
  return accounts.size < postings.length ? 'an account occurs twice' : undefined;
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
