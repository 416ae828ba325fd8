import type { EventStore } from './event-store.js';

/** Revision of the last event of a stream; -1 when there is none. */
export async function headOf(store: Pick<EventStore, 'read'>, stream: string): Promise<bigint> {
  for await (const [last] of store.read(stream, { direction: 'backwards', maxCount: 1 })) {
    if (last !== undefined) return last.revision;
  }
  return -1n;
}
