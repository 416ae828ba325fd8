import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AcknowledgedMark, acknowledgedPosition } from './acknowledged-mark.js';
import { SEGMENT_HEADER, sealRecord, segmentName } from './log-format.js';
import { recoverSegments, type RecoveryOptions, type Segment } from './log-recovery.js';

export interface AppendLogOptions extends Omit<RecoveryOptions, 'acknowledged'> {
  readonly dir: string;
  /** A segment is closed when the next record would make it longer. */
  readonly segmentBytes: number;
  /** Is told the position up to which the log is on disk, before those who wait for it. */
  readonly onDurable: (position: number) => void;
}

/** A stretch of the log in memory: what is being written, and what was written lately. */
interface Chunk {
  readonly base: number;
  readonly bytes: Buffer;
  used: number;
  /** Whether a reader has bytes of it. */
  isLent: boolean;
}

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const CHUNK_BYTES = 1024 * 1024;
/** Recent data that readers get from memory. */
const RECENT_CHUNKS = 16;

/** The disk failed: what the log was to keep is not certain to be there, and nothing more is accepted. */
export class LogFailed extends Error {
  override readonly name = 'LogFailed';
}

/**
 * A log of records in segment files with group commit: one write and sync are under way, and whatever is appended
 * meanwhile is the next one.
 */
export class AppendLog {
  private readonly chunks: Chunk[] = [];
  /** A chunk that was forgotten, to be filled again: giving memory back to the system and taking it again costs much. */
  private spare: Buffer | undefined;
  private readonly waiters: Waiter[] = [];
  private readonly mark: AcknowledgedMark;
  private writing: Promise<void> | undefined;
  private failure: LogFailed | undefined;
  private next: number;
  private durable: number;

  private constructor(
    private readonly options: AppendLogOptions,
    private readonly segments: Segment[],
  ) {
    this.next = segments.at(-1)?.end ?? 0;
    this.durable = this.next;
    this.mark = new AcknowledgedMark(options.dir);
    this.mark.note(this.durable);
  }

  /**
   * Opens the log in a folder and hands over every record that is there.
   * @throws DamagedLog
   */
  static async open(options: AppendLogOptions): Promise<AppendLog> {
    const acknowledged = acknowledgedPosition(options.dir, options.onNotice);
    return new AppendLog(options, await recoverSegments(options.dir, { ...options, acknowledged }));
  }

  /** Bytes appended that are not on disk yet. */
  get backlogBytes(): number {
    return this.next - this.durable;
  }

  /**
   * Where a record of about this size will lie.
   * @throws LogFailed when an earlier write did
   */
  place(bytes: number): number {
    if (this.failure !== undefined) throw this.failure;
    const used = this.next - this.segmentBase;
    if (this.next === 0 || (used > SEGMENT_HEADER.length && used + bytes > this.options.segmentBytes)) {
      this.pendingBases.push(this.next);
      this.write(SEGMENT_HEADER, true);
    }
    return this.next;
  }

  /** Appends a record at the position that `place` gave. It is on disk when `synced` resolves. */
  append(record: Buffer): void {
    sealRecord(record, this.durable);
    this.write(record, false);
    this.startWriting();
  }

  /**
   * Resolves when everything appended so far is on disk.
   * @throws LogFailed
   */
  synced(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.durable === this.next) return Promise.resolve();
    this.startWriting();
    const position = this.next;
    return new Promise((resolve, reject) => this.waiters.push({ position, resolve, reject }));
  }

  /** `length` bytes at a position, which must be on disk; at once when they are in memory. The bytes must not be changed. */
  read(position: number, length: number): Buffer | Promise<Buffer> {
    for (let index = this.chunks.length - 1; index >= 0; index--) {
      const chunk = this.chunks[index];
      if (chunk === undefined || chunk.base > position) continue;
      const from = position - chunk.base;
      if (from + length > chunk.used) break;
      chunk.isLent = true;
      return chunk.bytes.subarray(from, from + length);
    }
    return this.readFile(position, length);
  }

  /** Waits for what is under way and closes the files. */
  async close(): Promise<void> {
    await this.writing;
    await Promise.all(this.segments.map(({ file }) => file.close()));
    this.mark.close();
  }

  /** Segments that have been begun in memory and are still to be created. */
  private readonly pendingBases: number[] = [];

  private get segmentBase(): number {
    return this.pendingBases.at(-1) ?? this.segments.at(-1)?.base ?? 0;
  }

  private write(bytes: Buffer, inNewChunk: boolean): void {
    let chunk = this.chunks.at(-1);
    if (chunk === undefined || inNewChunk || chunk.used + bytes.length > chunk.bytes.length) {
      chunk = { base: this.next, bytes: this.chunkBytes(bytes.length), used: 0, isLent: false };
      this.chunks.push(chunk);
    }
    bytes.copy(chunk.bytes, chunk.used);
    chunk.used += bytes.length;
    this.next += bytes.length;
  }

  private chunkBytes(atLeast: number): Buffer {
    const { spare } = this;
    if (atLeast > CHUNK_BYTES || spare === undefined)
      return Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, atLeast));
    this.spare = undefined;
    return spare;
  }

  private startWriting(): void {
    this.writing ??= this.run();
  }

  private async run(): Promise<void> {
    try {
      while (this.durable < this.next) {
        const target = this.next;
        await this.writeUpTo(target);
        this.mark.note(target);
        this.durable = target;
        this.forgetOldChunks();
        this.options.onDurable(target);
        while (this.waiters[0] !== undefined && this.waiters[0].position <= target) {
          this.waiters.shift()?.resolve();
        }
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.writing = undefined;
    }
  }

  /** Writes and syncs the chunks between what is durable and `target`. */
  private async writeUpTo(target: number): Promise<void> {
    const parts = this.chunks
      .filter((chunk) => chunk.base + chunk.used > this.durable && chunk.base < target)
      .map((chunk) => {
        const from = Math.max(this.durable, chunk.base);
        const to = Math.min(target, chunk.base + chunk.used);
        return { position: from, bytes: chunk.bytes.subarray(from - chunk.base, to - chunk.base) };
      });
    let segment = this.segments.at(-1);
    for (const { position, bytes } of parts) {
      if (segment === undefined || this.pendingBases[0] === position) {
        await segment?.file.datasync();
        segment = await this.createSegment(position);
        this.pendingBases.shift();
      }
      await writeFully(segment.file, bytes, position - segment.base);
      segment.end = position + bytes.length;
    }
    await segment?.file.datasync();
  }

  private async createSegment(base: number): Promise<Segment> {
    const { dir } = this.options;
    const segment = { base, end: base, file: await open(join(dir, segmentName(base)), 'wx+') };
    this.segments.push(segment);
    // The file's name is as much a part of what must survive as its content.
    const folder = await open(dir, 'r');
    await folder.sync();
    await folder.close();
    return segment;
  }

  private forgetOldChunks(): void {
    while (this.chunks.length > RECENT_CHUNKS) {
      const oldest = this.chunks[0];
      if (oldest === undefined || oldest.base + oldest.used > this.durable) return;
      this.chunks.shift();
      if (!oldest.isLent && oldest.bytes.length === CHUNK_BYTES) this.spare = oldest.bytes;
    }
  }

  private async readFile(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const at = position + done;
      const segment = this.segments.findLast(({ base }) => base <= at);
      const wanted = Math.min(length - done, (segment?.end ?? 0) - at);
      const read = wanted > 0 ? await segment?.file.read(bytes, done, wanted, at - segment.base) : undefined;
      if (!read?.bytesRead)
        throw new Error(`The log has nothing at position ${at}: a segment was changed from outside.`);
      done += read.bytesRead;
    }
    return bytes;
  }

  /** After a failed write nobody knows what is on disk: nothing more is accepted until a restart has looked. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.failure = new LogFailed(
      `The event store cannot write (${reason}); restart it when that is mended.`,
      {
        cause: error,
      },
    );
    this.options.onNotice(this.failure.message);
    for (const waiter of this.waiters.splice(0)) waiter.reject(this.failure);
  }
}

/** To have a little written by another thread takes longer than to write it, and the sync would begin a turn later. */
const WRITTEN_AT_ONCE_BYTES = 512 * 1024;

async function writeFully(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const left = bytes.length - written;
    written +=
      left <= WRITTEN_AT_ONCE_BYTES
        ? writeSync(file.fd, bytes, written, left, offset + written)
        : (await file.write(bytes, written, left, offset + written)).bytesWritten;
  }
}
