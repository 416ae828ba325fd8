import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { requestLimits } from '../limits.js';
import { AppendLog } from './append-log.js';
import { EventCatalog } from './event-catalog.js';
import { EventReader } from './event-reader.js';
import type { Decision, ExpectedRevision } from './expected-revision.js';
import { MAX_BODY_BYTES, RECORD_HEADER_BYTES } from './log-format.js';
import { readRecord, RecordBuilder, RecordKind, type RecordedEvent } from './record-format.js';
import {
  DELETED_METADATA,
  METADATA_PREFIX,
  METADATA_TYPE,
  TOMBSTONE_TYPE,
  truncatedMetadata,
} from './retention.js';

export interface ProposedEvent {
  /** 16 bytes. */
  readonly id: Buffer;
  readonly type: string;
  readonly contentType: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/** Encodes one event of an append. The result is to be copied: the next encoding overwrites it. */
export type EventEncoder = (event: ProposedEvent, revision: number | bigint, position: number) => Buffer;

/** How an event is kept: as its readers get it, into which the storage does not look. */
export interface EventCodec {
  /** For the events of one append to `stream`. `createdMs`: milliseconds since 1970. */
  encoder(stream: string, createdMs: number): EventEncoder;
  data(payload: Buffer): Buffer;
  createdMs(payload: Buffer): number;
}

export type AppendResult =
  /** `lastRevision` is -1 and `position` undefined where nothing was appended to a stream that is not there. */
  | { readonly kind: 'appended'; readonly lastRevision: number; readonly position: number | undefined }
  | { readonly kind: 'wrongRevision'; readonly lastRevision: number }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'tooLarge' };

export interface EventStorageOptions {
  readonly dir: string;
  readonly segmentBytes: number;
  readonly codec: EventCodec;
  readonly onNotice: (message: string) => void;
}

/** EventStoreDB's revision for the event that a tombstone is. */
const TOMBSTONE_REVISION = 2n ** 63n - 1n;
/** About what an event takes in the log beside its own bytes. */
const EVENT_OVERHEAD_BYTES = 256;

/** The events, durable: an append is answered, and its events are seen, once it is on disk. */
export class EventStorage {
  readonly reader: EventReader;
  private readonly builder = new RecordBuilder();

  private constructor(
    private readonly catalog: EventCatalog,
    private readonly log: AppendLog,
    private readonly codec: EventCodec,
  ) {
    this.reader = new EventReader(catalog.index, log, (payload) => codec.createdMs(payload));
  }

  /**
   * Opens the events in a folder, which nobody else may have open.
   * @throws DamagedLog
   */
  static async open({ dir, segmentBytes, codec, onNotice }: EventStorageOptions): Promise<EventStorage> {
    const catalog = new EventCatalog();
    const log = await AppendLog.open({
      dir,
      segmentBytes,
      onNotice,
      onRecord: (bytes, position) => restore(catalog, codec, bytes, position),
      onDurable: (position) => catalog.publish(position),
    });
    catalog.remember(0);
    catalog.publish(Infinity);
    return new EventStorage(catalog, log, codec);
  }

  get index(): EventCatalog['index'] {
    return this.catalog.index;
  }

  /** Calls `listener` after new events have become visible in a stream (undefined: anywhere); returns what ends it. */
  watch(stream: string | undefined, listener: () => void): () => void {
    return this.catalog.watchers.watch(stream, listener);
  }

  /** Resolves when there is room for another append. */
  async room(): Promise<void> {
    while (this.log.backlogBytes > requestLimits.backlogBytes) await this.log.synced();
  }

  /** Appends events, all or none. Appends are decided in the order of the calls. */
  async append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    const ids = events.map(({ id }) => id);
    const decision = this.catalog.decide(stream, expected, ids);
    if (decision.kind === 'repeated') return this.repeated(decision.lastSequence);
    if (decision.kind !== 'append') return this.refused(decision, stream);
    if (events.length === 0) return this.appended(stream, undefined);
    const subject = subjectOf(stream);
    const wasDeleted = this.catalog.isDeleted(subject);
    const truncateBefore = this.catalog.lastRevision(subject) + 1;
    const result = await this.write(RecordKind.events, stream, events);
    if (wasDeleted && !this.catalog.isDeleted(subject)) await this.bringBack(subject, truncateBefore);
    return result;
  }

  /**
   * Says in the metadata of a stream which of its events are gone, after it was deleted and came back: by an append or by other
   * metadata. The index knows it already.
   */
  private async bringBack(stream: string, truncateBefore: number): Promise<void> {
    const metastream = `${METADATA_PREFIX}${stream}`;
    const last = this.index.findStream(metastream)?.sequences.at(-1);
    if (last === undefined) return;
    const metadata = this.codec.data(await this.reader.payloads([last]));
    // Somebody may have said something else meanwhile.
    if (this.index.findStream(metastream)?.sequences.at(-1) !== last) return;
    const event = systemEvent(METADATA_TYPE, truncatedMetadata(metadata, truncateBefore));
    await this.write(RecordKind.events, metastream, [event]);
  }

  /** Deletes a stream: its events are gone, and a later append goes on with its revisions. */
  async deleteStream(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const decision = this.catalog.decide(stream, expected, [randomBytes(16)]);
    if (decision.kind !== 'append') return this.refused(decision, stream);
    const metadata = systemEvent(METADATA_TYPE, DELETED_METADATA);
    return this.write(RecordKind.events, `${METADATA_PREFIX}${stream}`, [metadata]);
  }

  /** Deletes a stream for ever. */
  async tombstoneStream(stream: string, expected: ExpectedRevision): Promise<AppendResult> {
    const decision = this.catalog.decide(stream, expected, [randomBytes(16)]);
    if (decision.kind !== 'append') return this.refused(decision, stream);
    return this.write(RecordKind.tombstone, stream, [systemEvent(TOMBSTONE_TYPE, Buffer.from('{}'))]);
  }

  /** Resolves when the appends under way are on disk and answered, or have failed. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.log.synced()]);
    await setImmediate();
  }

  /** Waits for the appends under way, marks the log as closed in order, and closes it. */
  async close(): Promise<void> {
    try {
      await this.log.synced();
      this.builder.start(this.log.place(0), RecordKind.stopMark, '', 0);
      this.log.append(this.builder.finish());
      await this.log.synced();
    } finally {
      await this.log.close();
    }
  }

  private async write(
    kind: RecordKind,
    stream: string,
    events: readonly ProposedEvent[],
  ): Promise<AppendResult> {
    const record = this.build(kind, stream, events);
    if (record.bytes.length > RECORD_HEADER_BYTES + MAX_BODY_BYTES) return { kind: 'tooLarge' };
    this.log.append(record.bytes);
    const lastSequence = this.catalog.accept({
      kind,
      stream,
      firstRevision: record.firstRevision,
      events: record.events,
      lastData: () => events.at(-1)?.data ?? Buffer.alloc(0),
    });
    this.catalog.remember(lastSequence - events.length + 1);
    return this.appended(stream, lastSequence);
  }

  private build(
    kind: RecordKind,
    stream: string,
    events: readonly ProposedEvent[],
  ): { bytes: Buffer; firstRevision: number; events: RecordedEvent[] } {
    const firstRevision = this.catalog.lastRevision(stream) + 1;
    const encode = this.codec.encoder(stream, Date.now());
    this.builder.start(this.log.place(estimatedBytes(events)), kind, stream, firstRevision);
    const accepted = events.map((event, offset) => {
      const revision = kind === RecordKind.tombstone ? TOMBSTONE_REVISION : firstRevision + offset;
      const added = this.builder.add(event.id, event.type, (position) => encode(event, revision, position));
      return { id: event.id, type: event.type, ...added };
    });
    return { bytes: this.builder.finish(), firstRevision, events: accepted };
  }

  // Every answer waits until what it rests on is on disk: also "it is there already" and "the revision is another".

  private async appended(stream: string, lastSequence: number | undefined): Promise<AppendResult> {
    const lastRevision = this.catalog.lastRevision(stream);
    await this.log.synced();
    const position = lastSequence === undefined ? undefined : this.index.position(lastSequence);
    return { kind: 'appended', lastRevision, position };
  }

  private async repeated(lastSequence: number): Promise<AppendResult> {
    await this.log.synced();
    const lastRevision = this.index.stream(lastSequence).revisionOf(lastSequence);
    return { kind: 'appended', lastRevision, position: this.index.position(lastSequence) };
  }

  private async refused({ kind }: Decision, stream: string): Promise<AppendResult> {
    const lastRevision = this.catalog.lastRevision(stream);
    await this.log.synced();
    return kind === 'deleted' ? { kind } : { kind: 'wrongRevision', lastRevision };
  }
}

function restore(catalog: EventCatalog, codec: EventCodec, bytes: Buffer, position: number): void {
  const record = readRecord(bytes, position);
  if (record.kind === RecordKind.stopMark) return;
  const lastData = (): Buffer => {
    const last = record.events.at(-1);
    if (last === undefined) return Buffer.alloc(0);
    const start = last.position - position;
    return codec.data(bytes.subarray(start, start + last.bytes));
  };
  catalog.accept({ ...record, lastData });
}

/** The stream that is concerned by an append: of metadata, the one they are about. */
function subjectOf(stream: string): string {
  return stream.startsWith(METADATA_PREFIX) ? stream.slice(METADATA_PREFIX.length) : stream;
}

function systemEvent(type: string, data: Buffer): ProposedEvent {
  return { id: randomBytes(16), type, contentType: 'application/json', data, metadata: Buffer.alloc(0) };
}

function estimatedBytes(events: readonly ProposedEvent[]): number {
  return events.reduce(
    (sum, { data, metadata }) => sum + data.length + metadata.length + EVENT_OVERHEAD_BYTES,
    0,
  );
}
