import type { EventStore, StoredEvent } from './event-store.js';

/** Revision of the last event of a stream; -1 when there is none. */
export async function headOf(store: Pick<EventStore, 'read'>, stream: string): Promise<bigint> {
  for await (const [last] of store.read(stream, { direction: 'backwards', maxCount: 1 })) {
    if (last !== undefined) return last.revision;
  }
  return -1n;
}

/** The event of a stream at a revision; `undefined` where there is none. */
export async function eventAt(
  store: Pick<EventStore, 'read'>,
  stream: string,
  revision: bigint,
): Promise<StoredEvent | undefined> {
  for await (const [event] of store.read(stream, { from: revision, maxCount: 1 })) return event;
  return undefined;
}
