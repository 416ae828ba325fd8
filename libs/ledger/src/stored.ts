import type { FindingCode } from './corrupt.js';

/** An event as an event store gives it back; nothing of it is taken on trust. */
export interface StoredRecord {
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The first thing that is wrong with a history. */
export interface Finding {
  /** The first revision that is not as it was recorded. */
  readonly revision: bigint;
  readonly code: FindingCode;
  /** A sentence that says what is there and what should be. */
  readonly detail: string;
}

/** Reads what is stored at a revision, or `undefined` where there is nothing. */
export type ReadRecord = (revision: bigint) => Promise<StoredRecord | undefined>;
