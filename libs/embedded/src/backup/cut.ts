import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

const PIECE_BYTES = 1024 * 1024;

/** A file of an engine that is to be copied. */
export interface CopiedFile {
  /** Below the engine's data folder, with `/`. */
  readonly path: string;
  /** Its content, in pieces of 1 MiB at most. Throws when it is not there any more as it was. */
  read(): AsyncIterable<Buffer>;
}

/** Which file it is, and its length: whether it was written to or replaced can be told from two of them. */
export interface TakenFile {
  readonly inode: number;
  readonly bytes: number;
}

/**
 * Files that only grow, are replaced as a whole or are deleted, as they are at this instant: what is done to them later is not seen. Taking one is
 * a matter of microseconds and waits for nothing; they are copied later. Each holds a file open until `close`.
 */
export class Cut {
  readonly files: CopiedFile[] = [];
  private readonly descriptors: number[] = [];

  constructor(private readonly dataDir: string) {}

  /** Takes a file up to its present length, or the first `bytes` of it; undefined when there is none. */
  take(path: string, bytes?: number): TakenFile | undefined {
    const descriptor = openIfThere(join(this.dataDir, path));
    if (descriptor === undefined) return undefined;
    this.descriptors.push(descriptor);
    const { size, ino } = fstatSync(descriptor);
    const length = bytes ?? size;
    if (size < length) throw new Error(`${path} has ${size} bytes, and should have ${length}.`);
    this.files.push({ path, read: () => pieces(descriptor, path, length) });
    return { inode: ino, bytes: length };
  }

  /** Adds a file of this content. */
  add(path: string, content: string | Buffer): void {
    this.files.push(fileOf(path, content));
  }

  close(): void {
    for (const descriptor of this.descriptors.splice(0)) closeSync(descriptor);
  }
}

/** A file of this content. */
export function fileOf(path: string, content: string | Buffer): CopiedFile {
  return { path, read: () => Readable.from([Buffer.from(content)]) };
}

async function* pieces(descriptor: number, path: string, length: number): AsyncGenerator<Buffer> {
  if (length === 0) return;
  const range = { fd: descriptor, start: 0, end: length - 1, autoClose: false, highWaterMark: PIECE_BYTES };
  let read = 0;
  for await (const piece of createReadStream('', range)) {
    read += (piece as Buffer).length;
    yield piece as Buffer;
  }
  if (read < length) throw new Error(`${path} ended at ${read} bytes, and had ${length}.`);
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
