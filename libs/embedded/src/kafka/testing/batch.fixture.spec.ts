import { gzipSync } from 'node:zlib';
import { crc32c } from '../wire/crc32c.js';
import { BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES } from '../wire/record-batch.js';

export interface BatchSpec {
  readonly values?: readonly string[];
  /** One time per value, Unix milliseconds. */
  readonly timesMs?: readonly number[];
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly firstSequence?: number;
  readonly attributes?: number;
}

/** A record batch of format v2 as a producer sends it. Attribute bit 0 compresses it with gzip. */
export function recordBatch(spec: BatchSpec = {}): Buffer {
  const values = spec.values ?? ['value'];
  const timesMs = spec.timesMs ?? values.map(() => 1_000);
  const baseTimeMs = timesMs[0] ?? 0;
  const plain = Buffer.concat(
    values.map((value, index) => record(index, (timesMs[index] ?? 0) - baseTimeMs, value)),
  );
  const attributes = spec.attributes ?? 0;
  const records = (attributes & 7) === 1 ? gzipSync(plain) : plain;
  const header = Buffer.alloc(BATCH_HEADER_BYTES);
  header.writeInt32BE(header.length + records.length - BATCH_PREFIX_BYTES, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(values.length - 1, 23);
  header.writeBigInt64BE(BigInt(baseTimeMs), 27);
  header.writeBigInt64BE(BigInt(Math.max(...timesMs)), 35);
  header.writeBigInt64BE(BigInt(spec.producerId ?? -1), 43);
  header.writeInt16BE(spec.producerEpoch ?? -1, 51);
  header.writeInt32BE(spec.firstSequence ?? -1, 53);
  header.writeInt32BE(values.length, 57);
  const batch = Buffer.concat([header, records]);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

function record(offsetDelta: number, timeDeltaMs: number, value: string): Buffer {
  const body = Buffer.concat([
    Buffer.of(0),
    varint(timeDeltaMs),
    varint(offsetDelta),
    varint(-1),
    varint(Buffer.byteLength(value)),
    Buffer.from(value),
    varint(0),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.of(...bytes, rest);
}
