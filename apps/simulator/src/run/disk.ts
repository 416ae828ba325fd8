import { createHash } from 'node:crypto';
import {
  WrongExpectedRevision,
  type ExpectedRevision,
  type NewEvent,
  type StoredEvent,
} from '@florin/event-store';

/** The streams of an event store, in memory: what is in them outlives every process of a simulation. */
export class Disk {
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #hash = createHash('sha256');

  /** Every event of a stream. */
  stream(name: string): readonly StoredEvent[] {
    return this.#streams.get(name) ?? [];
  }

  /**
   * Appends all events, and answers how many were new: none where the same ids stand at the expected place already. Throws
   * WrongExpectedRevision.
   */
  append(name: string, events: readonly NewEvent[], expected: ExpectedRevision): number {
    const stream = this.#streams.get(name) ?? [];
    this.#streams.set(name, stream);
    const length = BigInt(stream.length);
    const first = expected === 'any' ? length : expected === 'no_stream' ? 0n : expected + 1n;
    if (first !== length) {
      const there = stream.slice(Number(first), Number(first) + events.length);
      if (there.length === events.length && events.every(({ id }, i) => id === there[i]?.id)) return 0;
      throw new WrongExpectedRevision(name, expected, length === 0n ? 'no_stream' : length - 1n);
    }
    for (const { id, type, data, metadata } of events) {
      const text = JSON.stringify({ type, data, metadata });
      this.#hash.update(`${name} ${text}\n`);
      const said = JSON.parse(text) as Pick<StoredEvent, 'type' | 'data' | 'metadata'>;
      stream.push({ ...said, id, revision: BigInt(stream.length), created: new Date(0) });
    }
    return events.length;
  }

  /** SHA-256 of all that was ever written, in order; asked once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
