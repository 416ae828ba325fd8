import { gunzipSync } from 'node:zlib';
import { limits } from '../limits.js';
import { crc32c } from './crc32c.js';

/**
 * Record batches of format v2, kept as the opaque bytes they came as. The broker reads the fixed header and rewrites two
 * fields that lie before the checksummed part: the base offset and the leader epoch.
 */

/** The fixed header; the records follow it. */
export const BATCH_HEADER_BYTES = 61;
/** Base offset and length, which the length field itself does not count. */
export const BATCH_PREFIX_BYTES = 12;

const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

const COMPRESSION_MASK = 0x07;
const LAST_COMPRESSION = 4;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const GZIP = 1;

/** What the broker needs to know of a batch. Times in Unix milliseconds; `producerId` -1 means not idempotent. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The whole batch, prefix included. */
  readonly sizeBytes: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** The header of the batch at `start`; the bytes must reach to its end of the header. */
export function batchHeader(bytes: Buffer, start = 0): BatchHeader {
  const baseOffset = int64(bytes, start + at.baseOffset);
  const lastOffsetDelta = bytes.readInt32BE(start + at.lastOffsetDelta);
  const firstSequence = bytes.readInt32BE(start + at.baseSequence);
  return {
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    sizeBytes: batchSize(bytes, start),
    baseTimestampMs: int64(bytes, start + at.baseTimestamp),
    maxTimestampMs: int64(bytes, start + at.maxTimestamp),
    producerId: int64(bytes, start + at.producerId),
    producerEpoch: bytes.readInt16BE(start + at.producerEpoch),
    firstSequence,
    lastSequence: sequenceAfter(firstSequence, lastOffsetDelta),
  };
}

/** The size of the batch at `start`, prefix included; 12 bytes must be there. */
export function batchSize(bytes: Buffer, start = 0): number {
  return BATCH_PREFIX_BYTES + bytes.readInt32BE(start + at.length);
}

/** Sequence numbers are 31 bits wide and go on at zero. */
export function sequenceAfter(sequence: number, steps: number): number {
  return (sequence + steps) % 2 ** 31;
}

/** A record's place, and its time in Unix milliseconds. */
export interface TimedOffset {
  readonly offset: number;
  readonly timestampMs: number;
}

/** How many bytes of records may still be looked through for one request. */
export interface SearchBudget {
  bytes: number;
}

export type BatchFault =
  | 'truncated'
  | 'too-large'
  | 'old-format'
  | 'bad-checksum'
  | 'bad-header'
  | 'bad-compression'
  | 'transactional'
  | 'not-one-batch';

/** What is wrong with the bytes that a producer sent as one batch, or undefined. */
export function batchFault(bytes: Buffer): BatchFault | undefined {
  if (bytes.length < BATCH_HEADER_BYTES) return 'truncated';
  if (bytes.readInt8(at.magic) !== 2) return 'old-format';
  const size = batchSize(bytes);
  if (size > bytes.length || size < BATCH_HEADER_BYTES) return 'truncated';
  if (size < bytes.length) return 'not-one-batch';
  if (size > limits.batchBytes) return 'too-large';
  if (!checksumHolds(bytes, 0, size)) return 'bad-checksum';
  const attributes = bytes.readInt16BE(at.attributes);
  if ((attributes & COMPRESSION_MASK) > LAST_COMPRESSION) return 'bad-compression';
  if (attributes & TRANSACTIONAL) return 'transactional';
  const count = bytes.readInt32BE(at.recordCount);
  const lastOffsetDelta = bytes.readInt32BE(at.lastOffsetDelta);
  if (attributes & CONTROL || count < 1 || count > limits.recordsPerBatch || lastOffsetDelta !== count - 1)
    return 'bad-header';
  return undefined;
}

/** Whether the batch of `size` bytes at `start` has the checksum it carries. */
export function checksumHolds(bytes: Buffer, start: number, size: number): boolean {
  return crc32c(bytes, start + at.attributes, start + size) === bytes.readUInt32BE(start + at.crc);
}

/** Puts the batch in its place in the log. The checksum covers neither field. */
export function placeBatch(bytes: Buffer, baseOffset: number, leaderEpoch: number): void {
  bytes.writeInt32BE(Math.floor(baseOffset / 2 ** 32), at.baseOffset);
  bytes.writeUInt32BE(baseOffset % 2 ** 32, at.baseOffset + 4);
  bytes.writeInt32BE(leaderEpoch, at.leaderEpoch);
}

/**
 * The first record of a batch at or after a time and an offset; undefined where the records that made it the batch to look at lie
 * before the offset. Uncompressed and gzip batches are opened; of another compression, or beyond the budget, the first record stands for
 * all, so that a consumer starts early rather than late.
 */
export function recordAtTime(
  batch: Buffer,
  timeMs: number,
  fromOffset: number,
  budget: SearchBudget,
): TimedOffset | undefined {
  const { baseOffset, baseTimestampMs } = batchHeader(batch);
  const records = openRecords(batch, budget);
  const count = batch.readInt32BE(at.recordCount);
  let position = 0;
  for (let index = 0; records && index < count; index++) {
    const [length, body] = varint(records, position);
    if (length < 1) throw new RangeError('a record without length');
    // attributes (1 byte), timestamp delta, offset delta, …
    const [timestampDelta, afterTimestamp] = varint(records, body + 1);
    const [offsetDelta] = varint(records, afterTimestamp);
    const timestampMs = baseTimestampMs + timestampDelta;
    const offset = baseOffset + offsetDelta;
    if (timestampMs >= timeMs && offset >= fromOffset) return { offset, timestampMs };
    position = body + length;
  }
  if (records && baseOffset < fromOffset) return undefined;
  return { offset: Math.max(baseOffset, fromOffset), timestampMs: baseTimestampMs };
}

function openRecords(batch: Buffer, budget: SearchBudget): Buffer | undefined {
  const compression = batch.readInt16BE(at.attributes) & COMPRESSION_MASK;
  const packed = batch.subarray(BATCH_HEADER_BYTES);
  const mostBytes = Math.min(limits.decompressedBatchBytes, budget.bytes);
  if (compression > GZIP || packed.length > mostBytes) return undefined;
  const records = compression === GZIP ? unpacked(packed, mostBytes) : packed;
  budget.bytes -= records?.length ?? mostBytes;
  return records;
}

/** Undefined where the producer has sent what cannot be unpacked, or is too large then. */
function unpacked(packed: Buffer, maxOutputLength: number): Buffer | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength });
  } catch {
    return undefined;
  }
}

/** A zigzag varint at `position`, and where it ends. Beyond 2^53 only for a hostile producer's own records. */
function varint(bytes: Buffer, position: number): [value: number, end: number] {
  let value = 0;
  let scale = 1;
  for (let index = position; index < position + 10; index++) {
    const byte = bytes.readUInt8(index);
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return [value % 2 === 0 ? value / 2 : -(value + 1) / 2, index + 1];
  }
  throw new RangeError('a varint longer than ten bytes');
}

function int64(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * 2 ** 32 + bytes.readUInt32BE(position + 4);
}
