import { crc32 } from 'node:zlib';

/**
 * The log on disk. A segment file starts with SEGMENT_HEADER and is named by the position of its first byte; a
 * position counts bytes from the start of the first segment. Then come records, each one append as a whole, so that
 * an append survives entirely or not at all (little endian):
 *
 *     u32 magic | u32 bytes after this header | u32 CRC-32 of everything after itself | u48 durable
 *     body: see record-format.ts
 *
 * `durable` is the position up to which the log was synced when the record was written. A record that cannot be read was
 * acknowledged, and so is damaged and not cut short by a crash, when a later one says that the log was synced beyond it; or when the
 * mark beside the segments says so (acknowledged-mark.ts).
 */
export const SEGMENT_HEADER = Buffer.from('FLORIN EVENTS 1\n', 'latin1');

export const RECORD_HEADER_BYTES = 18;
/** An append's events may take 1 MiB; this leaves room for names, types and positions. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

const MAGIC = 0x464c5252;
const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(MAGIC);
const CRC_AT = 8;
const DURABLE_AT = 12;

/** Writes the header of a record whose body already lies behind it in `record`. */
export function sealRecord(record: Buffer, durable: number): void {
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(record.length - RECORD_HEADER_BYTES, 4);
  record.writeUIntLE(durable, DURABLE_AT, 6);
  record.writeUInt32LE(crc32(record.subarray(DURABLE_AT)), CRC_AT);
}

/** The bytes a record says it has, header included, or undefined when no record can start here. */
export function recordBytes(header: Buffer): number | undefined {
  if (header.length < RECORD_HEADER_BYTES || header.readUInt32LE(0) !== MAGIC) return undefined;
  const bodyBytes = header.readUInt32LE(4);
  return bodyBytes > MAX_BODY_BYTES ? undefined : RECORD_HEADER_BYTES + bodyBytes;
}

/** True when the record is as it was written. */
export function isIntact(record: Buffer): boolean {
  return record.readUInt32LE(CRC_AT) === crc32(record.subarray(DURABLE_AT));
}

/** Up to where the log was synced when this record was written. */
export function durableBefore(record: Buffer): number {
  return record.readUIntLE(DURABLE_AT, 6);
}

/** Where the next record could start at or after `offset`, or -1. */
export function findRecord(bytes: Buffer, offset: number): number {
  return bytes.indexOf(MAGIC_BYTES, offset);
}

/** The file name of the segment that starts at `position`. */
export function segmentName(position: number): string {
  return `${String(position).padStart(16, '0')}.segment`;
}

/** The position a segment starts at, or undefined for another file's name. */
export function segmentBase(name: string): number | undefined {
  return /^\d{16}\.segment$/.test(name) ? Number(name.slice(0, 16)) : undefined;
}
