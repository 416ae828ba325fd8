import { EventIndex, type StreamEntry } from './event-index.js';
import { decideAppend, type Decision, type ExpectedRevision } from './expected-revision.js';
import { RecentIds } from './recent-ids.js';
import { RecordKind, type RecordedEvent } from './record-format.js';
import { DELETED, METADATA_PREFIX, METADATA_TYPE, retentionOf, type Retention } from './retention.js';
import { Watchers } from './watchers.js';

/** An append as it lies in the log. */
export interface AcceptedAppend {
  readonly kind: RecordKind;
  readonly stream: string;
  readonly firstRevision: number;
  readonly events: readonly RecordedEvent[];
  /** The data of the last event; asked for where it is a stream's metadata. */
  readonly lastData: () => Buffer;
}

interface RetentionChange {
  /** The event that causes it. */
  readonly sequence: number;
  readonly stream: StreamEntry;
  readonly retention: Retention;
}

const RECENT_IDS = 100_000;

/**
 * What is in the log, twice: as accepted, by which appends are decided, and as visible, which follows once the
 * log is on disk.
 */
export class EventCatalog {
  readonly index = new EventIndex();
  readonly watchers = new Watchers();
  private readonly recentIds = new RecentIds(RECENT_IDS, this.index);
  private readonly retentionChanges: RetentionChange[] = [];

  decide(stream: string, expected: ExpectedRevision, ids: readonly Buffer[]): Decision {
    const subject = {
      stream: this.index.findStream(stream),
      hasMetadata: () => this.lastRevision(`${METADATA_PREFIX}${stream}`) >= 0,
    };
    return decideAppend(this.index, this.recentIds, subject, expected, ids);
  }

  /** Whether the accepted state of a stream is that its events are gone, and that it may be appended to. */
  isDeleted(stream: string): boolean {
    return this.index.findStream(stream)?.accepted.truncateBefore === DELETED;
  }

  /** The last accepted revision of a stream, -1 when it has none. */
  lastRevision(stream: string): number {
    return this.index.findStream(stream)?.lastRevision ?? -1;
  }

  /** Lets later appends be compared with the events from a sequence number on; older ones need not be. */
  remember(firstSequence: number): void {
    const { index } = this;
    for (let sequence = Math.max(firstSequence, index.size - RECENT_IDS); sequence < index.size; sequence++) {
      this.recentIds.add(index.id(sequence), sequence);
    }
  }

  /** Enters an append; returns the sequence number of its last event. */
  accept(append: AcceptedAppend): number {
    const stream = this.index.streamNamed(append.stream);
    if (append.firstRevision !== stream.lastRevision + 1) {
      const { stream: name, firstRevision } = append;
      throw new Error(`The log has revision ${firstRevision} of ${name} after ${stream.lastRevision}.`);
    }
    const firstSequence = this.index.size;
    for (const event of append.events) this.enter(stream, append.kind, event);
    const lastSequence = this.index.size - 1;
    if (append.kind === RecordKind.tombstone) {
      this.changeRetention(lastSequence, stream, { tombstoned: true });
      const metastream = this.index.streamNamed(`${METADATA_PREFIX}${append.stream}`);
      this.changeRetention(lastSequence, metastream, { tombstoned: true });
    } else if (stream.accepted.truncateBefore === DELETED) {
      this.changeRetention(firstSequence, stream, { truncateBefore: append.firstRevision });
    }
    if (append.stream.startsWith(METADATA_PREFIX) && append.events.at(-1)?.type === METADATA_TYPE) {
      const subject = this.index.streamNamed(append.stream.slice(METADATA_PREFIX.length));
      const said = retentionOf(append.lastData());
      // Metadata for a deleted stream bring it back without its events.
      const isBack = subject.accepted.truncateBefore === DELETED && said.truncateBefore !== DELETED;
      const truncateBefore = isBack ? subject.lastRevision + 1 : said.truncateBefore;
      this.changeRetention(lastSequence, subject, { ...said, truncateBefore });
    }
    return lastSequence;
  }

  /** Makes everything before a position of the log visible. */
  publish(durablePosition: number): void {
    const { index } = this;
    for (; index.visibleSize < index.size; index.visibleSize++) {
      const sequence = index.visibleSize;
      if (index.position(sequence) >= durablePosition) break;
      const stream = index.stream(sequence);
      // A tombstone is an event of the log, but none of its stream.
      if (stream.sequences[stream.visibleEvents] === sequence) stream.visibleEvents++;
      this.watchers.touch(stream.name);
    }
    this.publishRetention();
    this.watchers.wake();
  }

  private enter(stream: StreamEntry, kind: RecordKind, event: RecordedEvent): void {
    const typeId = this.index.typeNamed(event.type);
    const sequence = this.index.add(event, stream, typeId);
    if (kind === RecordKind.events) stream.sequences.push(sequence);
  }

  private changeRetention(sequence: number, stream: StreamEntry, change: Partial<Retention>): void {
    stream.accepted = { ...stream.accepted, ...change };
    this.retentionChanges.push({ sequence, stream, retention: stream.accepted });
  }

  private publishRetention(): void {
    let count = 0;
    for (const { sequence, stream, retention } of this.retentionChanges) {
      if (sequence >= this.index.visibleSize) break;
      stream.visible = retention;
      this.watchers.touch(stream.name);
      count++;
    }
    this.retentionChanges.splice(0, count);
  }
}
