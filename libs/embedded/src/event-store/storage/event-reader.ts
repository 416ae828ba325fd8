import type { AppendLog } from './append-log.js';
import type { EventIndex, StreamEntry } from './event-index.js';

/** 1 forwards, -1 backwards. */
export type Step = 1 | -1;

/** Some events to send, by sequence number, and where to go on. */
export interface Page {
  readonly sequences: readonly number[];
  /** The revision (of a stream) or sequence number (of all) after the last one looked at. */
  readonly next: number;
}

/** Tells whether a reader wants an event. */
export type EventFilter = (sequence: number) => boolean;

const PAGE_EVENTS = 512;
const PAGE_BYTES = 128 * 1024;
/** With a filter: others get their turn after this many events, or so many milliseconds where it takes long. */
const PAGE_SCANNED = 10_000;
const PAGE_MS = 20;
/** Events that lie within so many bytes are read from disk at once. */
const SPAN_BYTES = 256 * 1024;

/** Reads visible events, a page at a time. */
export class EventReader {
  constructor(
    private readonly index: EventIndex,
    private readonly log: AppendLog,
    private readonly createdMs: (payload: Buffer) => number,
  ) {}

  /** The first revision of a stream that is there now; the events of a stream are taken to be in the order of their times. */
  private firstReadable(stream: StreamEntry): number | Promise<number> {
    const { maxAgeMs } = stream.visible;
    return maxAgeMs === Infinity ? stream.firstVisible : this.firstSince(stream, Date.now() - maxAgeMs);
  }

  /** At most `limit` events of a stream from a revision on; an empty page means that there are no more now. */
  async streamPage(stream: StreamEntry, revision: number, step: Step, limit: number): Promise<Page> {
    return this.pageSince(await this.firstReadable(stream), stream, revision, step, limit);
  }

  /** The events of a stream from a revision on, also those that its metadata hide. */
  wholePage(stream: StreamEntry, revision: number): Page {
    return this.pageSince(0, stream, revision, 1, Infinity);
  }

  private pageSince(first: number, stream: StreamEntry, revision: number, step: Step, limit: number): Page {
    const end = stream.visibleEvents;
    const from = step === 1 ? Math.max(revision, first) : Math.min(revision, end - 1);
    const page = new PageBuilder(this.index, Math.min(limit, PAGE_EVENTS));
    let next = from;
    for (; next >= first && next < end && page.hasRoom; next += step)
      page.add(stream.sequences[next] as number);
    return { sequences: page.sequences, next };
  }

  /** At most `limit` events of the log from a sequence number on, and before `end`. */
  allPage(sequence: number, step: Step, limit: number, end: number, filter?: EventFilter): Page {
    const page = new PageBuilder(this.index, Math.min(limit, PAGE_EVENTS));
    const endMs = performance.now() + PAGE_MS;
    let next = sequence;
    for (let scanned = 0; next >= 0 && next < end && page.hasRoom && scanned < PAGE_SCANNED; scanned++) {
      if (filter === undefined || filter(next)) page.add(next);
      next += step;
      if (filter !== undefined && performance.now() > endMs) break;
    }
    return { sequences: page.sequences, next };
  }

  /** The payloads of events, one after the other; the sequence numbers must rise or fall. */
  async payloads(sequences: readonly number[]): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let from = 0; from < sequences.length;) {
      const run = this.runFrom(sequences, from);
      const read = this.log.read(run.low, run.high - run.low);
      const bytes = read instanceof Promise ? await read : read;
      for (; from < run.to; from++) {
        const sequence = sequences[from] as number;
        const offset = this.index.position(sequence) - run.low;
        parts.push(bytes.subarray(offset, offset + this.index.bytes(sequence)));
      }
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  private async firstSince(stream: StreamEntry, sinceMs: number): Promise<number> {
    let low = stream.firstVisible;
    let high = stream.visibleEvents;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const sequence = stream.sequences[middle] as number;
      if (this.createdMs(await this.payloads([sequence])) < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The events from `from` up to `to` that lie close enough together to be read at once. */
  private runFrom(sequences: readonly number[], from: number): { low: number; high: number; to: number } {
    let low = Infinity;
    let high = 0;
    let to = from;
    for (; to < sequences.length; to++) {
      const sequence = sequences[to] as number;
      const position = this.index.position(sequence);
      const newLow = Math.min(low, position);
      const newHigh = Math.max(high, position + this.index.bytes(sequence));
      if (to > from && newHigh - newLow > SPAN_BYTES) break;
      low = newLow;
      high = newHigh;
    }
    return { low, high, to };
  }
}

class PageBuilder {
  readonly sequences: number[] = [];
  private bytes = 0;

  constructor(
    private readonly index: EventIndex,
    private readonly limit: number,
  ) {}

  get hasRoom(): boolean {
    return this.sequences.length < this.limit && this.bytes < PAGE_BYTES;
  }

  add(sequence: number): void {
    this.sequences.push(sequence);
    this.bytes += this.index.bytes(sequence);
  }
}
