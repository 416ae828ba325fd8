import type { EventStore } from '@florin/event-store';
import { consistencyProof, inclusionProof, type Hash } from '@florin/proofs';
import { nodesOf } from './nodes.js';

type Store = Pick<EventStore, 'read'>;

/**
 * Proof that the event at `revision` is among the first `size` of a book (RFC 9162), out of its tiles and the end of its log:
 * a few reads, however long the book is. There must be a checkpoint of this size or a larger one. Throws a RangeError for a
 * revision that is not below `size`, and `Malformed` where something is missing.
 */
export function proveInclusion(
  store: Store,
  ledger: string,
  revision: number,
  size: number,
): Promise<Hash[]> {
  return inclusionProof(revision, size, nodesOf(store, ledger, size));
}

/** Proof that the first `from` events of a book are the beginning of the first `to`. As `proveInclusion`. */
export function proveConsistency(store: Store, ledger: string, from: number, to: number): Promise<Hash[]> {
  return consistencyProof(from, to, nodesOf(store, ledger, to));
}
