import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ManifestFile } from './manifest.js';
import { syncPath } from './sync-path.js';

/** How far a copy is. */
export interface CopyProgress {
  readonly files: number;
  readonly bytes: number;
}

const pieceBytes = 1024 * 1024;

/** Many at once share what the disk does for one. */
const syncWidth = 32;

/** Writes files below a folder, for their owner alone; knows their sizes and hashes. */
export class CopyTo {
  readonly written: ManifestFile[] = [];
  private bytes = 0;

  constructor(
    private readonly folder: string,
    private readonly onProgress: (progress: CopyProgress) => void,
    private readonly signal?: AbortSignal,
  ) {}

  async makeFolder(path: string): Promise<void> {
    await mkdir(join(this.folder, path), { recursive: true, mode: 0o700 });
  }

  /** Throws the signal's reason when that aborts; and where the file is there already. */
  async write(path: string, content: AsyncIterable<Buffer>): Promise<ManifestFile> {
    await this.makeFolder(dirname(path));
    const file = await open(join(this.folder, path), 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of content) {
        this.signal?.throwIfAborted();
        hash.update(piece);
        await file.writeFile(piece);
        bytes += piece.length;
      }
    } finally {
      await file.close();
    }
    this.signal?.throwIfAborted();
    const written = { path, bytes, sha256: hash.digest('hex') };
    this.written.push(written);
    this.bytes += bytes;
    this.onProgress({ files: this.written.length, bytes: this.bytes });
    return written;
  }

  /** Resolves when the content of all that was written is on the disk. */
  async sync(): Promise<void> {
    const rest = this.written.values();
    const worker = async () => {
      for (const { path } of rest) await syncPath(join(this.folder, path));
    };
    await Promise.all(Array.from({ length: syncWidth }, worker));
  }
}

export function contentOfFile(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: pieceBytes });
}

/** Whether a folder has anything in it; one that is missing has not. */
export async function isEmptyOrMissing(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
