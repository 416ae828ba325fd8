import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../wire/errors.js';
import {
  BATCH_HEADER_BYTES,
  type BatchHeader,
  batchHeader,
  placeBatch,
  recordAtTime,
  type SearchBudget,
  type TimedOffset,
} from '../wire/record-batch.js';
import { OffsetFile, writeAside } from './offset-file.js';
import { ProducerStates } from './producer-states.js';
import { DamagedFile, type Recovery } from './recovery.js';
import {
  endOfGoodBatches,
  INDEX_STRIDE_BYTES,
  plausibleSize,
  Segment,
  segmentFileName,
  segmentOffsets,
} from './segment.js';

/** With one broker there is never an election. */
export const LEADER_EPOCH = 0;

export interface LogOptions {
  readonly segmentBytes: number;
  /** fdatasync before `durable` resolves, not only a write. */
  readonly sync: boolean;
}

export type AppendResult = { baseOffset: number } | { errorCode: ErrorCode };

/**
 * The log of one topic-partition: a folder of segments, the last of which grows. Beside each segment but the first lies a
 * snapshot of the producers as they were at its start, so that only the last one has to be read at start-up. The file `acknowledged` says
 * how far the log has come for sure, so that an end that is missing is told from one that was never written; it is written when a
 * segment has got its first batch and when the log is closed.
 */
export class PartitionLog {
  readonly #folder: string;
  readonly #options: LogOptions;
  readonly #recovery: Recovery;
  /** Ascending, never empty; the last one grows. */
  #segments: Segment[] = [];
  #producers = new ProducerStates();
  #endOffset = 0;
  /** Records before it were deleted by request; they may still lie in the first segment. */
  readonly #deletedBefore: OffsetFile;
  readonly #acknowledged: OffsetFile;
  /** Ends when all full segments are on the device. */
  #releasing: Promise<unknown> = Promise.resolve();
  readonly #waiters = new Set<() => void>();

  /** Opens what is on disk or begins an empty log; the folder is made by the first append. */
  constructor(folder: string, options: LogOptions, recovery: Recovery) {
    this.#folder = folder;
    this.#options = options;
    this.#recovery = recovery;
    this.#deletedBefore = new OffsetFile(join(folder, 'start-offset'));
    this.#acknowledged = new OffsetFile(join(folder, 'acknowledged'));
    this.#recover();
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return Math.max(this.#deletedBefore.offset, (this.#segments[0] as Segment).baseOffset);
  }

  /** The offset that the next record gets; also the high watermark. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get #active(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  /**
   * Appends one checked batch; it is in the page cache on return, and `durable` says when it is on the device. The batch's
   * offset fields are rewritten in place. Throws when the file cannot be written; the log is unchanged then.
   */
  append(batch: Buffer): AppendResult {
    const verdict = this.#producers.judge(batchHeader(batch));
    if (verdict.kind === 'refuse') return { errorCode: verdict.errorCode };
    if (verdict.kind === 'duplicate') return { baseOffset: verdict.baseOffset };

    this.#makeRoom(batch.length);
    const baseOffset = this.#endOffset;
    placeBatch(batch, baseOffset, LEADER_EPOCH);
    const header = batchHeader(batch);
    const isFirst = this.#active.sizeBytes === 0;
    this.#active.append(batch, header);
    this.#producers.record(header);
    this.#endOffset = header.lastOffset + 1;
    if (isFirst) this.#mark();
    this.#wake();
    return { baseOffset };
  }

  /** When what was appended may be acknowledged; undefined: at once. Rejects when it may not. */
  durable(): Promise<unknown> | undefined {
    return this.#options.sync ? Promise.all([this.#releasing, this.#active.synced()]) : undefined;
  }

  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes` of them; when `atLeastOne`, one batch whatever its
   * size. Empty at the end of the log. `offset` lies between start and end.
   *
   * @throws DamagedFile when the first of them is not as it was written; they end before another that is not.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer {
    if (offset >= this.#endOffset) return Buffer.alloc(0);
    return this.#using(this.#segmentOf(offset), (segment) => {
      const position = segment.positionBefore(offset);
      const bytes = segment.read(position, INDEX_STRIDE_BYTES + BATCH_HEADER_BYTES + maxBytes);
      let start = 0;
      let first = sizeAt(segment, position, bytes, start);
      while (batchHeader(bytes, start).lastOffset < offset) {
        start += first;
        first = sizeAt(segment, position, bytes, start);
      }
      if (first > maxBytes && !atLeastOne) return Buffer.alloc(0);
      const found = first > maxBytes ? segment.read(position + start, first) : bytes.subarray(start);
      const end = endOfGoodBatches(found, offset, Math.max(first, maxBytes));
      if (end === 0)
        throw new DamagedFile(segment.path, position + start, 'the batch is not as it was written');
      return found.subarray(0, end);
    });
  }

  /** About how many bytes lie between `offset` and the end: never zero when there are some, too many by a stride at most. */
  bytesAfter(offset: number): number {
    if (offset >= this.#endOffset) return 0;
    const segment = this.#segmentOf(offset);
    const later = this.#segments.slice(this.#segments.indexOf(segment) + 1);
    const position = this.#using(segment, () => segment.positionBefore(offset));
    return later.reduce((sum, { sizeBytes }) => sum + sizeBytes, segment.sizeBytes - position);
  }

  /** The first record at or after a time (Unix ms), or undefined when all are older; of a batch beyond the budget, its first. */
  offsetAtTime(timeMs: number, budget: SearchBudget): TimedOffset | undefined {
    const from = this.startOffset;
    for (const segment of this.#segments) {
      const found = this.#using(segment, () => {
        for (const batch of segment.batchesAtTime(timeMs, from)) {
          const record = recordAtTime(batch, timeMs, from, budget);
          if (record) return record;
        }
        return undefined;
      });
      if (found) return found;
    }
    return undefined;
  }

  /** Calls `wake` at each append and when the log is deleted or closed; returns how to stop. */
  onAppend(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  /** Forgets all records before `offset`, which lies before the end, for good; full segments of them are deleted. */
  deleteBefore(offset: number): void {
    if (offset <= this.startOffset) return;
    this.#deletedBefore.write(offset);
    while ((this.#segments[1]?.baseOffset ?? Infinity) <= offset) this.#removeOldest();
  }

  /** Deletes full segments last written before `retentionMs`, and the oldest while more than `retentionBytes` remain (-1: no bound). */
  retain(retentionMs: number, retentionBytes: number, nowMs: number): void {
    let total = this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    while (this.#segments.length > 1) {
      const oldest = this.#segments[0] as Segment;
      const tooOld = retentionMs >= 0 && oldest.modifiedMs < nowMs - retentionMs;
      const tooMuch = retentionBytes >= 0 && total - oldest.sizeBytes >= retentionBytes;
      if (!tooOld && !tooMuch) return;
      total -= oldest.sizeBytes;
      this.#removeOldest();
    }
  }

  /** Deletes the log and its folder. */
  remove(): void {
    for (const segment of this.#segments) this.#report(segment.remove());
    rmSync(this.#folder, { recursive: true, force: true });
    this.#wake();
  }

  async close(): Promise<void> {
    this.#wake();
    // What failed before was reported when it did.
    await Promise.allSettled([this.#releasing]);
    await this.#active.release();
    this.#mark();
  }

  /** Without the mark, the log is whole all the same. */
  #mark(): void {
    try {
      this.#acknowledged.write(this.#endOffset);
    } catch (error) {
      this.#recovery.notice(`${this.#folder}: ${(error as Error).message}`);
    }
  }

  #removeOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest) this.#report(oldest.remove());
  }

  #segmentOf(offset: number): Segment {
    return this.#segments.findLast(({ baseOffset }) => baseOffset <= offset) ?? this.#active;
  }

  /** Full segments hold a file open only while they are read. */
  #using<T>(segment: Segment, read: (segment: Segment) => T): T {
    try {
      return read(segment);
    } finally {
      if (segment !== this.#active) segment.close();
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  #makeRoom(batchBytes: number): void {
    const full = this.#active;
    if (full.sizeBytes === 0) mkdirSync(this.#folder, { recursive: true });
    if (full.sizeBytes === 0 || full.sizeBytes + batchBytes <= this.#options.segmentBytes) return;
    this.#writeSnapshot();
    this.#segments.push(Segment.create(this.#folder, this.#endOffset));
    rmSync(this.#snapshotPath(full.baseOffset), { force: true });
    const released = full.release();
    this.#releasing = Promise.all([this.#releasing, released]);
    this.#report(this.#releasing);
  }

  #report(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#recovery.notice(`${this.#folder}: ${error.message}`));
  }

  #recover(): void {
    const offsets = existsSync(this.#folder) ? segmentOffsets(readdirSync(this.#folder)) : [];
    this.#segments = offsets.map((offset) => Segment.open(this.#folder, offset));
    if (this.#segments.length === 0) this.#segments = [Segment.create(this.#folder, 0)];
    this.#requireNoGap();
    const active = this.#active;
    this.#endOffset = active.baseOffset;
    this.#producers = this.#readSnapshot() ?? this.#producersFromSegments();
    const seen = (header: BatchHeader) => {
      this.#producers.record(header);
      this.#endOffset = header.lastOffset + 1;
    };
    active.recover(seen, this.#recovery, this.#acknowledged.offset);
    // What was not synced may be missing.
    if (this.#endOffset < this.#acknowledged.offset) this.#mark();
    if (this.#endOffset < this.#deletedBefore.offset) this.#deletedBefore.write(this.#endOffset);
  }

  /** What lies between the segments is acknowledged, and each was synced when it was full. */
  #requireNoGap(): void {
    for (const [index, segment] of this.#segments.entries()) {
      const next = this.#segments[index + 1];
      if (!next || this.#using(segment, () => segment.endsBefore(next.baseOffset))) continue;
      throw new DamagedFile(
        segment.path,
        segment.sizeBytes,
        `it does not reach to offset ${next.baseOffset}`,
      );
    }
  }

  #producersFromSegments(): ProducerStates {
    const producers = new ProducerStates();
    for (const segment of this.#segments.slice(0, -1)) {
      this.#using(segment, () => {
        for (const { header } of segment.batches()) producers.record(header);
      });
    }
    return producers;
  }

  #readSnapshot(): ProducerStates | undefined {
    const path = this.#snapshotPath(this.#active.baseOffset);
    if (!existsSync(path)) return undefined;
    try {
      return new ProducerStates(JSON.parse(readFileSync(path, 'utf8')) as never[]);
    } catch {
      this.#recovery.notice(`${path} is damaged: the producers are taken from the segments`);
      return undefined;
    }
  }

  #writeSnapshot(): void {
    writeAside(this.#snapshotPath(this.#endOffset), JSON.stringify(this.#producers.snapshot()));
  }

  #snapshotPath(baseOffset: number): string {
    return join(this.#folder, segmentFileName(baseOffset).replace('.log', '.producers.json'));
  }
}

function sizeAt({ path }: Segment, position: number, bytes: Buffer, start: number): number {
  const size = plausibleSize(bytes, start);
  if (size === undefined) throw new DamagedFile(path, position + start, 'no batch can begin there');
  return size;
}
