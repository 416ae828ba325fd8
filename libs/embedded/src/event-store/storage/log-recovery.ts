import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  durableBefore,
  findRecord,
  isIntact,
  RECORD_HEADER_BYTES,
  recordBytes,
  SEGMENT_HEADER,
  segmentBase,
  segmentName,
} from './log-format.js';

export interface Segment {
  /** The position of its first byte. */
  readonly base: number;
  /** The position after its last byte. */
  end: number;
  readonly file: FileHandle;
}

export interface RecoveryOptions {
  /** The log was synced, and said to be so, at least up to this position. */
  readonly acknowledged: number;
  /** Is given every record in order; the buffer is reused afterwards. */
  readonly onRecord: (record: Buffer, position: number) => void;
  readonly onNotice: (message: string) => void;
}

const WINDOW_BYTES = 4 * 1024 * 1024;

/** The log's files are not what was written; nothing was changed. */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog';

  constructor(path: string, offset: number, what: string) {
    super(
      `The event store does not start: ${path} is damaged at byte ${offset} (${what}). ` +
        'Restore the whole folder from a copy, or move it away to begin with an empty store.',
    );
  }
}

/**
 * Reads the whole log and opens its segments for reading and writing. A write that a crash cut short is removed and
 * reported; what is left is synced.
 * @throws DamagedLog
 */
export async function recoverSegments(dir: string, options: RecoveryOptions): Promise<Segment[]> {
  const bases = (await readdir(dir))
    .map(segmentBase)
    .filter((base) => base !== undefined)
    .sort((a, b) => a - b);
  const segments: Segment[] = [];
  try {
    for (const [index, base] of bases.entries()) {
      const path = join(dir, segmentName(base));
      const expectedBase = segments.at(-1)?.end ?? 0;
      if (base !== expectedBase) {
        throw new DamagedLog(path, 0, `the log before it ends at position ${expectedBase}`);
      }
      const segment = await recoverSegment(path, base, index === bases.length - 1, options);
      if (segment !== undefined) segments.push(segment);
    }
  } catch (error) {
    await Promise.all(segments.map(({ file }) => file.close()));
    throw error;
  }
  if (segments.length === 0 && options.acknowledged > 0)
    throw new DamagedLog(join(dir, segmentName(0)), 0, 'the file is missing');
  return segments;
}

async function recoverSegment(
  path: string,
  base: number,
  isLast: boolean,
  options: RecoveryOptions,
): Promise<Segment | undefined> {
  const file = await open(path, 'r+');
  try {
    const scan = new Scan(file, (await file.stat()).size);
    if (isLast && scan.size < SEGMENT_HEADER.length && base >= options.acknowledged) {
      await file.close();
      await rm(path);
      options.onNotice(`${path} was created but not written when the event store stopped; it was removed.`);
      return undefined;
    }
    const header = await scan.bytes(0, SEGMENT_HEADER.length);
    if (!header.equals(SEGMENT_HEADER)) throw new DamagedLog(path, 0, 'it does not start as a segment does');
    const end = await readRecords(scan, base, options.onRecord);
    if (isLast && end === scan.size && base + end < options.acknowledged)
      throw new DamagedLog(path, end, 'it ends there, though more had been acknowledged');
    if (end < scan.size) {
      if (!isLast || base + end < options.acknowledged || (await wasAcknowledged(scan, base, end)))
        throw new DamagedLog(path, end, 'the record there is not as it was written');
      await file.truncate(end);
      const cut = scan.size - end;
      options.onNotice(
        `${path}: the last write was cut short; ${cut} bytes that were never acknowledged were removed at byte ${end}.`,
      );
    }
    if (isLast) await file.sync();
    return { base, end: base + end, file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Hands on intact records until one is not; returns the offset where it stopped. */
async function readRecords(scan: Scan, base: number, onRecord: RecoveryOptions['onRecord']): Promise<number> {
  let offset = SEGMENT_HEADER.length;
  for (;;) {
    const record = scan.recordWithin(offset) ?? (await scan.record(offset));
    if (record === undefined) return offset;
    onRecord(record, base + offset);
    offset += record.length;
  }
}

/** True when a record after `offset` says that the log was synced beyond it. */
async function wasAcknowledged(scan: Scan, base: number, offset: number): Promise<boolean> {
  for (let at = await scan.find(offset + 1); at !== -1; at = await scan.find(at + 1)) {
    const record = await scan.record(at);
    if (record !== undefined && durableBefore(record) > base + offset) return true;
  }
  return false;
}

/** Reads a file through a window. */
class Scan {
  private window = Buffer.alloc(0);
  private windowStart = 0;

  constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  /** The bytes at an offset; fewer at the end of the file. */
  async bytes(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.size);
    if (offset < this.windowStart || end > this.windowStart + this.window.length) {
      const wanted = Math.min(Math.max(length, WINDOW_BYTES), this.size - offset);
      const window = Buffer.allocUnsafe(Math.max(wanted, 0));
      const { bytesRead } = await this.file.read(window, 0, window.length, offset);
      this.window = window.subarray(0, bytesRead);
      this.windowStart = offset;
    }
    return this.window.subarray(offset - this.windowStart, end - this.windowStart);
  }

  /** The intact record at an offset, or undefined. */
  async record(offset: number): Promise<Buffer | undefined> {
    const length = recordBytes(await this.bytes(offset, RECORD_HEADER_BYTES));
    if (length === undefined) return undefined;
    const record = await this.bytes(offset, length);
    return record.length === length && isIntact(record) ? record : undefined;
  }

  /** The same when all of it already lies in the window; saves a million promises at the start of a large log. */
  recordWithin(offset: number): Buffer | undefined {
    const from = offset - this.windowStart;
    const length = recordBytes(this.window.subarray(from, from + RECORD_HEADER_BYTES));
    if (length === undefined || from + length > this.window.length) return undefined;
    const record = this.window.subarray(from, from + length);
    return isIntact(record) ? record : undefined;
  }

  /** Where a record could start at or after an offset, or -1. */
  async find(offset: number): Promise<number> {
    for (let from = offset; from < this.size; from += WINDOW_BYTES - RECORD_HEADER_BYTES) {
      const bytes = await this.bytes(from, WINDOW_BYTES);
      const at = findRecord(bytes, 0);
      if (at !== -1) return from + at;
    }
    return -1;
  }
}
