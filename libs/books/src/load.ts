import { ledgerStream } from '@florin/contracts';
import { eventAt, sha256, type EventStore } from '@florin/event-store';
import { createReplay, type Replay, type ReplayOptions } from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { SnapshotReader, type Snapshot } from './snapshots/reader.js';
import { SnapshotUnusable } from './snapshots/record.js';

type Store = Pick<EventStore, 'read'>;

/** Reads a book from its first event on and verifies each; stops at the first that is wrong. See `Replay.finding`. */
export async function replayBook(store: Store, ledger: string, options: ReplayOptions = {}): Promise<Replay> {
  const stream = ledgerStream(ledger);
  const replay = createReplay(ledger, sha256, options);
  for await (const page of store.read(stream, { from: replay.head.revision + 1n })) {
    for (const event of page) replay.accept(event);
    if (replay.finding !== undefined) break;
  }
  await replay.checkReversals((revision) => eventAt(store, stream, revision));
  return replay;
}

export interface LoadOptions {
  /** ISO 4217 code that the book must have. */
  readonly currency: string;
  /** One of these must have signed the snapshot; without them, it is held against itself and the log alone. */
  readonly keys?: readonly VerifierKey[];
  /** Told why the snapshot could not be used, and that the log is replayed from its first event instead. */
  readonly onFallback?: (reason: Error) => void;
}

export interface LoadedBook {
  readonly replay: Replay;
  /** Where it went on from; `undefined` where it was replayed from the first event. */
  readonly snapshot: Snapshot | undefined;
}

/**
 * Loads a book from its last snapshot and what came after, in a time that does not depend on how long its history is. Where
 * there is no snapshot, or one that cannot be used, it replays the whole.
 */
export async function loadBook(store: Store, ledger: string, options: LoadOptions): Promise<LoadedBook> {
  const { currency, onFallback } = options;
  const snapshot = await lastSnapshot(store, ledger, options);
  if (snapshot !== undefined) {
    const replay = await replayBook(store, ledger, { currency, start: snapshot });
    if (replay.finding === undefined) return { replay, snapshot };
    onFallback?.(new SnapshotUnusable(`what follows it does not fit: ${replay.finding.detail}`));
  }
  return { replay: await replayBook(store, ledger, { currency }), snapshot: undefined };
}

async function lastSnapshot(
  store: Store,
  ledger: string,
  { currency, keys, onFallback }: LoadOptions,
): Promise<Snapshot | undefined> {
  const reader = new SnapshotReader({ store, ledger, ...(keys && { keys }) });
  const segments = await reader.segments();
  if (segments === 0) return undefined;
  try {
    const snapshot = await reader.load(segments, { ids: true });
    if (snapshot.state.currency === currency) return snapshot;
    throw new SnapshotUnusable(`the snapshot is of a book in ${snapshot.state.currency}`);
  } catch (error) {
    if (!(error instanceof SnapshotUnusable)) throw error;
    onFallback?.(error);
    return undefined;
  }
}
