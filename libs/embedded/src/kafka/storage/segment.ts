import {
  closeSync,
  constants,
  fdatasync,
  openSync,
  readSync,
  ftruncateSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { limits } from '../limits.js';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  batchHeader,
  batchSize,
  checksumHolds,
} from '../wire/record-batch.js';
import { DamagedFile, type Recovery, requireCutShort, writeAtEnd } from './recovery.js';

const syncFile = promisify(fdatasync);

/** A stretch of this many bytes at least lies between two entries of the sparse index. */
export const INDEX_STRIDE_BYTES = 16 * 1024;
const SCAN_BYTES = 4 * 1024 * 1024;
const FILE_NAME = /^(\d{20})\.log$/;

interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  /** The newest time in the batches from this entry up to the next. */
  maxTimestampMs: number;
}

export interface PlacedBatch {
  readonly position: number;
  readonly header: BatchHeader;
}

/**
 * One file of a partition's log: whole record batches, one after the other. Reads and writes are synchronous calls on
 * the page cache (a few microseconds); that is what makes an append atomic here and an acknowledgement cheap.
 */
export class Segment {
  readonly path: string;
  sizeBytes: number;
  #file: number | undefined;
  #index: IndexEntry[] | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;
  #isSyncing = false;
  #released: Promise<void> | undefined;

  private constructor(
    folder: string,
    readonly baseOffset: number,
    sizeBytes: number,
  ) {
    this.path = join(folder, segmentFileName(baseOffset));
    this.sizeBytes = sizeBytes;
  }

  /** A segment to append to; its file is made when it is first used. */
  static create(folder: string, baseOffset: number): Segment {
    const segment = new Segment(folder, baseOffset, 0);
    segment.#index = [];
    return segment;
  }

  /** A segment that is on disk. Its index is built when first needed. */
  static open(folder: string, baseOffset: number): Segment {
    return new Segment(folder, baseOffset, statSync(join(folder, segmentFileName(baseOffset))).size);
  }

  /** When it was last written, Unix milliseconds. */
  get modifiedMs(): number {
    return statSync(this.path).mtimeMs;
  }

  append(batch: Buffer, header: BatchHeader): void {
    writeAtEnd(this.#open(), batch, this.sizeBytes);
    this.#note({ position: this.sizeBytes, header });
    this.sizeBytes += batch.length;
  }

  /** Up to `length` bytes from `position`, fewer at the end. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - position)));
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.#open(), bytes, done, bytes.length - done, position + done);
      if (count === 0) throw new DamagedFile(this.path, position + done, 'it is shorter than it was');
      done += count;
    }
    return bytes;
  }

  /** Where to start looking for the batch that holds `offset`: less than a stride before it. */
  positionBefore(offset: number): number {
    const entries = this.#entries();
    let low = 0;
    for (let high = entries.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((entries[middle] as IndexEntry).offset <= offset) low = middle + 1;
      else high = middle;
    }
    return entries[low - 1]?.position ?? 0;
  }

  /** The batches that reach to `fromOffset` and say that they have a record at or after `timeMs`. */
  *batchesAtTime(timeMs: number, fromOffset: number): Generator<Buffer> {
    const from = this.positionBefore(fromOffset);
    const entry = this.#entries().find(
      ({ position, maxTimestampMs }) => position >= from && maxTimestampMs >= timeMs,
    );
    if (!entry) return;
    for (const { position, header } of this.batches(entry.position)) {
      if (header.lastOffset < fromOffset || header.maxTimestampMs < timeMs) continue;
      yield this.read(position, header.sizeBytes);
    }
  }

  /**
   * The whole batches from `position` on, ended by the first that is cut short, implausible or, when asked to look,
   * of another checksum than it carries.
   */
  *batches(position = 0, checkSums = false): Generator<PlacedBatch> {
    let window = this.read(position, SCAN_BYTES);
    let start = position;
    for (;;) {
      let size = plausibleSize(window, position - start);
      if (size === undefined || position - start + size > window.length) {
        window = this.read((start = position), SCAN_BYTES);
        size = plausibleSize(window, 0);
      }
      if (size === undefined || position - start + size > window.length) return;
      if (checkSums && !checksumHolds(window, position - start, size)) return;
      yield { position, header: batchHeader(window, position - start) };
      position += size;
    }
  }

  /** Whether the file ends with a good batch, and `nextOffset` comes next. Only the last batch is looked at. */
  endsBefore(nextOffset: number): boolean {
    for (const length of [INDEX_STRIDE_BYTES, limits.batchBytes]) {
      const bytes = this.read(Math.max(0, this.sizeBytes - length), length);
      for (let at = bytes.length - BATCH_HEADER_BYTES; at >= 0; at--) {
        const size = bytes.length - at;
        if (batchSize(bytes, at) !== size || batchHeader(bytes, at).lastOffset + 1 !== nextOffset) continue;
        if (checksumHolds(bytes, at, size)) return true;
      }
    }
    return false;
  }

  /**
   * Checks every batch and builds the index, calling `seen` for each; cuts a torn tail and says so.
   *
   * @throws DamagedFile when what is there is no interrupted write, or does not reach to the offset before which all was acknowledged.
   */
  recover(seen: (header: BatchHeader) => void, recovery: Recovery, acknowledgedBefore: number): void {
    this.#index = [];
    let end = 0;
    let nextOffset = this.baseOffset;
    for (const batch of this.batches(0, true)) {
      if (batch.header.baseOffset !== nextOffset) break;
      nextOffset = batch.header.lastOffset + 1;
      this.#note(batch);
      seen(batch.header);
      end = batch.position + batch.header.sizeBytes;
    }
    if (nextOffset < acknowledgedBefore) this.#tellMissing(end, nextOffset, acknowledgedBefore, recovery);
    if (end === this.sizeBytes) return;
    this.#requireCutShort(end, nextOffset, recovery);
    recovery.notice(`${this.path}: cut ${this.sizeBytes - end} bytes of an unfinished write at its end`);
    ftruncateSync(this.#open(), end);
    this.sizeBytes = end;
  }

  /** Resolves when all that was appended before is on the device. Calls made during a sync share the next one. */
  synced(): Promise<void> {
    return (this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = undefined;
      this.#syncing = this.#sync();
      return this.#syncing;
    }));
  }

  /** Syncs for the last time and lets go of the file; it is opened again when it is read. */
  release(): Promise<void> {
    return (this.#released ??= this.synced().finally(() => this.close()));
  }

  /** Lets go of the file, unless it is being synced: then the release does so that follows. */
  close(): void {
    if (this.#file === undefined || this.#isSyncing) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  /** Deletes the file; what is under way on it ends first. */
  remove(): Promise<void> {
    rmSync(this.path, { force: true });
    return this.release();
  }

  async #sync(): Promise<void> {
    if (this.#file === undefined) return;
    this.#isSyncing = true;
    try {
      await syncFile(this.#file);
    } finally {
      this.#isSyncing = false;
    }
  }

  #open(): number {
    return (this.#file ??= openSync(this.path, constants.O_RDWR | constants.O_CREAT));
  }

  #entries(): IndexEntry[] {
    if (!this.#index) {
      this.#index = [];
      for (const batch of this.batches()) this.#note(batch);
    }
    return this.#index;
  }

  #note({ position, header }: PlacedBatch): void {
    const index = (this.#index ??= []);
    const last = index.at(-1);
    if (last && position - last.position < INDEX_STRIDE_BYTES) {
      last.maxTimestampMs = Math.max(last.maxTimestampMs, header.maxTimestampMs);
    } else {
      index.push({ offset: header.baseOffset, position, maxTimestampMs: header.maxTimestampMs });
    }
  }

  /** The end of the system may take with it what was not synced. */
  #tellMissing(end: number, from: number, before: number, recovery: Recovery): void {
    const what = `records from offset ${from} to ${before - 1} are missing that were acknowledged`;
    if (!recovery.systemMayHaveStopped) throw new DamagedFile(this.path, end, what);
    recovery.notice(`${this.path}: ${what}`);
  }

  #requireCutShort(offset: number, nextOffset: number, recovery: Recovery): void {
    const bytes = this.read(offset, this.sizeBytes - offset);
    const isGoodRecord = (at: number) => {
      const size = plausibleSize(bytes, at);
      const isWhole = size !== undefined && at + size <= bytes.length;
      return isWhole && batchHeader(bytes, at).baseOffset > nextOffset && checksumHolds(bytes, at, size);
    };
    const saidBytes = plausibleSize(bytes, 0);
    const tail = { path: this.path, offset, bytes, saidBytes, headerBytes: BATCH_HEADER_BYTES, isGoodRecord };
    requireCutShort(tail, recovery);
  }
}

/** The base offsets of the segments among a folder's file names, ascending. */
export function segmentOffsets(fileNames: readonly string[]): number[] {
  return fileNames
    .map((name) => FILE_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export function segmentFileName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}.log`;
}

/** The size of the batch at `start`, if a header is there and could be one. */
export function plausibleSize(bytes: Buffer, start: number): number | undefined {
  if (bytes.length - start < BATCH_HEADER_BYTES) return undefined;
  const sizeBytes = batchSize(bytes, start);
  return sizeBytes < BATCH_HEADER_BYTES || sizeBytes > limits.batchBytes ? undefined : sizeBytes;
}

/** Where the batches end, of which the first holds `offset`, that are whole, follow each other, and have the checksums they carry. */
export function endOfGoodBatches(bytes: Buffer, offset: number, maxBytes: number): number {
  const length = Math.min(bytes.length, maxBytes);
  let end = 0;
  let next = offset;
  for (let size = plausibleSize(bytes, 0); size !== undefined; size = plausibleSize(bytes, end)) {
    if (end + size > length) break;
    const { baseOffset, lastOffset } = batchHeader(bytes, end);
    const follows = end === 0 ? baseOffset <= next : baseOffset === next;
    if (!follows || !checksumHolds(bytes, end, size)) break;
    end += size;
    next = lastOffset + 1;
  }
  return end;
}
