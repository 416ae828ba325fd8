import { createDigester, type Digest } from './digest.js';
import { blocksOf, type Block } from './lines.js';

/** Whole lines of a file, and what can be said of them without understanding them. */
export interface HashedBlock extends Digest {
  readonly bytes: Block;
  /** Bytes of the file that were read so far. */
  readonly read: number;
}

/** Reads a file, unpacks and hashes it. Throws what `blocksOf` throws. */
export async function* hashedBlocksOf(path: string): AsyncGenerator<HashedBlock, void> {
  const digest = createDigester();
  let read = 0;
  for await (const bytes of blocksOf(path, (now) => (read = now))) yield { bytes, read, ...digest(bytes) };
}
