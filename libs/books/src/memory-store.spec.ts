import { WrongExpectedRevision, type EventStore, type StoredEvent } from '@florin/event-store';

/** Streams in memory, as `EventStore` has them; holds no test itself. */
export class MemoryStore implements Pick<EventStore, 'read' | 'append'> {
  readonly streams = new Map<string, StoredEvent[]>();

  append(...[stream, events, expected]: Parameters<EventStore['append']>): Promise<{ revision: bigint }> {
    const log = this.streams.get(stream) ?? [];
    const last = BigInt(log.length - 1);
    if (expected !== 'any' && (expected === 'no_stream' ? -1n : expected) !== last) {
      return Promise.reject(new WrongExpectedRevision(stream, expected, last < 0n ? 'no_stream' : last));
    }
    for (const { id, type, data, metadata } of events) {
      const stored: unknown = JSON.parse(JSON.stringify({ id, type, data, metadata }));
      log.push({ ...(stored as StoredEvent), revision: BigInt(log.length), created: new Date(0) });
    }
    this.streams.set(stream, log);
    return Promise.resolve({ revision: BigInt(log.length - 1) });
  }

  async *read(...[stream, options = {}]: Parameters<EventStore['read']>): AsyncGenerator<StoredEvent[]> {
    await Promise.resolve();
    const { direction, from, maxCount = Infinity } = options;
    const log = this.streams.get(stream) ?? [];
    const found =
      direction === 'backwards'
        ? log.slice(0, from === undefined ? log.length : Number(from) + 1).toReversed()
        : log.slice(Number(from ?? 0n));
    if (found.length > 0) yield found.slice(0, maxCount);
  }
}
