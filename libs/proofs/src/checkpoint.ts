import { hashFromBase64, type Hash } from './hash.js';
import { Malformed } from './malformed.js';
import { MAX_NOTE_BYTES } from './note.js';
import { textOf } from './text.js';

/** The head of a log (C2SP tlog-checkpoint): the text of a note that the log signs. */
export interface Checkpoint {
  /** Which log, such as florin.example/it-eur. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: bigint;
  /** Merkle tree hash of them all (RFC 9162, section 2.1.1). */
  readonly root: Hash;
  /** Further lines, whose meaning is the log's own affair. */
  readonly extensions: readonly string[];
}

const MAX_SIZE = 2n ** 63n - 1n;
const MAX_EXTENSIONS = 1_000;
const SIZE = /^(0|[1-9][0-9]{0,18})$/;

/** Writes the text of a note. Throws `Malformed` for what would not be read back. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const text = `${[origin, size, root.toString('base64'), ...extensions].join('\n')}\n`;
  const read = parseCheckpoint(text);
  if (read.origin !== origin || read.extensions.length !== extensions.length) {
    throw new Malformed('checkpoint: a line feed inside a line');
  }
  return text;
}

/** Reads the text of a note. Throws `Malformed` for anything that `formatCheckpoint` does not write. */
export function parseCheckpoint(text: string): Checkpoint {
  textOf(text, { what: 'checkpoint', maxBytes: MAX_NOTE_BYTES });
  if (!text.endsWith('\n')) throw new Malformed('checkpoint: no line feed at the end');
  const [origin = '', size = '', base64 = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '') throw new Malformed('checkpoint: no origin');
  const root = hashFromBase64(base64);
  if (root === undefined) throw new Malformed('checkpoint: the root is not a hash in base64');
  if (extensions.includes('')) throw new Malformed('checkpoint: an empty line');
  if (extensions.length > MAX_EXTENSIONS) {
    throw new Malformed(`checkpoint: more than ${MAX_EXTENSIONS} extension lines`);
  }
  return { origin, size: parseSize(size), root, extensions };
}

/** Reads a number of leaves in decimal, without leading zeroes, below 2^63. Throws `Malformed`. */
export function parseSize(text: string): bigint {
  const size = SIZE.test(text) ? BigInt(text) : undefined;
  if (size === undefined || size > MAX_SIZE) throw new Malformed(`"${text}" is not the size of a tree`);
  return size;
}
