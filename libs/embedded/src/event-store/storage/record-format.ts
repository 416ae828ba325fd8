import { RECORD_HEADER_BYTES } from './log-format.js';

/** What one record of the log holds: the events of one append, a tombstone, or the mark of an orderly stop. */
export interface EventsRecord {
  readonly kind: RecordKind;
  readonly stream: string;
  /** The revision of the first event; a tombstone has none of its own and says 0. */
  readonly firstRevision: number;
  readonly events: readonly RecordedEvent[];
}

export interface RecordedEvent {
  /** 16 bytes. */
  readonly id: Buffer;
  readonly type: string;
  /** Where its payload, the event as its readers get it, starts in the log: the event's position. */
  readonly position: number;
  /** The length of the payload. */
  readonly bytes: number;
}

export const RecordKind = { events: 1, tombstone: 2, stopMark: 3 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/**
 * The body of a record (little endian):
 *
 *     u8 kind | u16 bytes of the stream's name | u48 first revision | u32 events | stream's name (UTF-8)
 *     per event: u32 bytes of the payload | u16 bytes of the type | 16 bytes id | type (UTF-8) | payload
 */
const STREAM_BYTES_AT = RECORD_HEADER_BYTES + 1;
const FIRST_REVISION_AT = RECORD_HEADER_BYTES + 3;
const EVENT_COUNT_AT = RECORD_HEADER_BYTES + 9;
const STREAM_AT = RECORD_HEADER_BYTES + 13;
const ID_AT = 6;
const ID_BYTES = 16;
const EVENT_HEADER_BYTES = ID_AT + ID_BYTES;

export const MAX_NAME_BYTES = 0xffff;

const FIRST_CAPACITY = 64 * 1024;
const KEPT_CAPACITY = 4 * 1024 * 1024;

/** Builds records; synchronous, so one builder serves a whole log. */
export class RecordBuilder {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;
  private base = 0;
  private events = 0;

  /** Starts a record at a position of the log. */
  start(position: number, kind: RecordKind, stream: string, firstRevision: number): void {
    if (this.buffer.length > KEPT_CAPACITY) this.buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
    this.base = position;
    this.events = 0;
    const streamBytes = Buffer.byteLength(stream);
    this.buffer[RECORD_HEADER_BYTES] = kind;
    this.buffer.writeUInt16LE(streamBytes, STREAM_BYTES_AT);
    this.buffer.writeUIntLE(firstRevision, FIRST_REVISION_AT, 6);
    this.length = STREAM_AT;
    this.room(streamBytes);
    this.length += this.buffer.write(stream, this.length);
  }

  /** Adds an event, whose payload is made for the position where it will lie and copied at once; returns both. */
  add(
    id: Buffer,
    type: string,
    payloadAt: (position: number) => Buffer,
  ): { position: number; bytes: number } {
    const typeBytes = Buffer.byteLength(type);
    const payloadOffset = this.length + EVENT_HEADER_BYTES + typeBytes;
    const payload = payloadAt(this.base + payloadOffset);
    this.room(EVENT_HEADER_BYTES + typeBytes + payload.length);
    const { buffer, length } = this;
    buffer.writeUInt32LE(payload.length, length);
    buffer.writeUInt16LE(typeBytes, length + 4);
    buffer.set(id, length + ID_AT);
    buffer.write(type, length + EVENT_HEADER_BYTES);
    buffer.set(payload, payloadOffset);
    this.length = payloadOffset + payload.length;
    this.events++;
    return { position: this.base + payloadOffset, bytes: payload.length };
  }

  /** The record, its header still to be sealed; valid until the next start. */
  finish(): Buffer {
    this.buffer.writeUInt32LE(this.events, EVENT_COUNT_AT);
    return this.buffer.subarray(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(this.buffer.length * 2 + bytes);
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

/** Reads a record that starts at a position of the log. Ids are views of `record`. */
export function readRecord(record: Buffer, position: number): EventsRecord {
  const streamEnd = STREAM_AT + record.readUInt16LE(STREAM_BYTES_AT);
  const events: RecordedEvent[] = [];
  let at = streamEnd;
  for (let count = record.readUInt32LE(EVENT_COUNT_AT); count > 0; count--) {
    const typeEnd = at + EVENT_HEADER_BYTES + record.readUInt16LE(at + 4);
    const end = typeEnd + record.readUInt32LE(at);
    events.push({
      id: record.subarray(at + ID_AT, at + EVENT_HEADER_BYTES),
      type: record.toString('utf8', at + EVENT_HEADER_BYTES, typeEnd),
      position: position + typeEnd,
      bytes: end - typeEnd,
    });
    at = end;
  }
  return {
    kind: record[RECORD_HEADER_BYTES] as RecordKind,
    stream: record.toString('utf8', STREAM_AT, streamEnd),
    firstRevision: record.readUIntLE(FIRST_REVISION_AT, 6),
    events,
  };
}
