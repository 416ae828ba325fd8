import { HASH_BYTES, sha256, type Hash } from './hash.js';
import { Malformed } from './malformed.js';

/** Root of the tree without leaves (RFC 9162, section 2.1.1). */
export const emptyRoot: Hash = sha256('');

/** SHA-256(0x00 ‖ data): a leaf (RFC 9162, section 2.1.1). A text stands for its UTF-8 form. */
export function leafHash(data: Uint8Array | string): Hash {
  if (typeof data === 'string') return sha256(`\0${data}`);
  const bytes = Buffer.allocUnsafe(data.length + 1);
  bytes[0] = 0x00;
  bytes.set(data, 1);
  return sha256(bytes);
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** SHA-256(0x01 ‖ left ‖ right): a node (RFC 9162, section 2.1.1). Throws a RangeError for anything but two hashes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

/** Root over the concatenated hashes of a complete subtree: one hash, or two, four, eight … in a row. */
export function subtreeRoot(hashes: Uint8Array): Hash {
  const width = hashes.length / HASH_BYTES;
  if (levelOf(width) === undefined) throw new RangeError(`${width} hashes are no subtree`);
  const row = Buffer.from(hashes);
  for (let left = width; left > 1; left /= 2) {
    for (let at = 0; at < left; at += 2) {
      row.copy(pair, 1, at * HASH_BYTES, (at + 2) * HASH_BYTES);
      row.set(sha256(pair), (at / 2) * HASH_BYTES);
    }
  }
  return Buffer.from(row.subarray(0, HASH_BYTES));
}

/** A frontier as JSON: `size` leaves and, in hex, the roots of their complete subtrees, the largest first. */
export interface FrontierJson {
  readonly size: number;
  readonly hashes: readonly string[];
}

const HEX_HASH = /^[0-9a-f]{64}$/;

/** What it takes to go on appending to a tree and to know its root: at most 53 hashes, whatever its size. */
export class MerkleFrontier {
  #size = 0;
  /** Roots of the complete subtrees, one per bit of the size, the largest first. */
  #roots: Hash[] = [];

  /** Reads what `toJSON` wrote. Throws `Malformed` for anything else. */
  static fromJSON(json: unknown): MerkleFrontier {
    const { size, hashes } = (json ?? {}) as Partial<Record<keyof FrontierJson, unknown>>;
    if (!isPosition(size)) throw new Malformed('frontier: size is not a number of leaves');
    if (!Array.isArray(hashes) || hashes.length !== bitsOf(size)) {
      throw new Malformed(`frontier: ${size} leaves take ${bitsOf(size)} hashes`);
    }
    const frontier = new MerkleFrontier();
    frontier.#size = size;
    frontier.#roots = hashes.map((hex: unknown) => {
      if (typeof hex !== 'string' || !HEX_HASH.test(hex)) throw new Malformed('frontier: not a hash in hex');
      return Buffer.from(hex, 'hex');
    });
    return frontier;
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf on the right. The hash is kept, so its bytes must not change. */
  append(leaf: Hash): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
    if (this.#size === Number.MAX_SAFE_INTEGER) throw new RangeError('the tree is full');
    let node = leaf;
    for (let left = this.#size; left % 2 === 1; left = (left - 1) / 2) {
      node = nodeHash(this.#roots.pop() as Hash, node);
    }
    this.#roots.push(node);
    this.#size += 1;
  }

  /** Merkle tree hash of all leaves (RFC 9162, section 2.1.1). */
  root(): Hash {
    if (this.#size === 0) return emptyRoot;
    return this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }

  toJSON(): FrontierJson {
    return { size: this.#size, hashes: this.#roots.map((root) => root.toString('hex')) };
  }
}

/** Whether a value counts leaves: a safe integer from zero. */
export function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bitsOf(size: number): number {
  let bits = 0;
  for (let left = size; left > 0; left = Math.floor(left / 2)) bits += left % 2;
  return bits;
}

/** Level of a complete subtree over `leaves` leaves, which is their logarithm; `undefined` for no power of two. */
export function levelOf(leaves: number): number | undefined {
  let [level, left] = [0, leaves];
  for (; left > 1 && left % 2 === 0; left /= 2) level += 1;
  return left === 1 ? level : undefined;
}
