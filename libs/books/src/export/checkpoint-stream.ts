import type { EventStore, StoredEvent } from '@florin/event-store';
import { checkpointStream } from '../notary/checkpoints.js';
import { ExportFault } from './fault.js';
import { show } from './format.js';

/** A signed checkpoint of a book, as it lies in the book's stream of checkpoints. */
export interface StoredCheckpoint {
  /** Number in that stream. */
  readonly number: number;
  readonly note: string;
  /** Number of events that it covers. */
  readonly size: number;
}

type Store = Pick<EventStore, 'read'>;

/** The checkpoints of a book from the one of this number on, in order. Nobody has verified them yet. */
export async function* checkpointsOf(
  store: Store,
  ledger: string,
  from: number,
): AsyncGenerator<StoredCheckpoint, undefined> {
  for await (const page of store.read(checkpointStream(ledger), { from: BigInt(from) })) {
    for (const event of page) yield checkpointIn(event);
  }
  return undefined;
}

/** The last checkpoint of a book; `undefined` where there is none. */
export async function lastCheckpoint(store: Store, ledger: string): Promise<StoredCheckpoint | undefined> {
  for await (const [event] of store.read(checkpointStream(ledger), { direction: 'backwards', maxCount: 1 })) {
    if (event !== undefined) return checkpointIn(event);
  }
  return undefined;
}

function checkpointIn({ data, type, revision }: StoredEvent): StoredCheckpoint {
  const { note, size } = (data ?? {}) as { note?: unknown; size?: unknown };
  if (type !== 'CheckpointSigned' || typeof note !== 'string' || !Number.isSafeInteger(size)) {
    const detail = `event ${revision} of the checkpoints is ${show(type)}, not a CheckpointSigned with a note and a size`;
    throw new ExportFault('checkpoint_malformed', detail);
  }
  return { number: Number(revision), note, size: size as number };
}
