import { isHash, sameHash, type Hash } from './hash.js';
import { emptyRoot, isPosition, levelOf, nodeHash } from './merkle.js';
import { Walk } from './walk.js';

/** Reads a complete subtree's root: node (level, index) covers the leaves [index·2^level, (index+1)·2^level). */
export type NodeReader = (level: number, index: number) => Hash | Promise<Hash>;

/**
 * Proof that leaf `index` is in the tree of the first `size` leaves (RFC 9162, section 2.1.3.1). Reads about
 * 2·log2(size) nodes. Throws a RangeError for a leaf that is not there, and what `read` throws.
 */
export async function inclusionProof(index: number, size: number, read: NodeReader): Promise<Hash[]> {
  if (!isPosition(size) || !isPosition(index) || index >= size) {
    throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  }
  const ranges: Range[] = [];
  for (let [from, to] = [0, size]; to - from > 1;) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.unshift([middle, to]);
      to = middle;
    } else {
      ranges.unshift([from, middle]);
      from = middle;
    }
  }
  return Promise.all(ranges.map((range) => rootOf(range, read)));
}

/**
 * Proof that the tree of the first `fromSize` leaves is the beginning of the tree of `toSize` leaves (RFC 9162,
 * section 2.1.4.1). Nothing needs proving when the first is empty, or both are the same: no hashes.
 */
export async function consistencyProof(fromSize: number, toSize: number, read: NodeReader): Promise<Hash[]> {
  if (!isPosition(fromSize) || !isPosition(toSize) || fromSize > toSize) {
    throw new RangeError(`a tree of ${toSize} leaves does not begin with one of ${fromSize}`);
  }
  if (fromSize === 0) return [];
  const ranges: Range[] = [];
  let [from, to] = [0, toSize];
  while (to !== fromSize) {
    const middle = from + splitOf(to - from);
    if (fromSize <= middle) {
      ranges.unshift([middle, to]);
      to = middle;
    } else {
      ranges.unshift([from, middle]);
      from = middle;
    }
  }
  // The verifier has the old root already; only a subtree of the old tree must be named.
  if (from > 0) ranges.unshift([from, to]);
  return Promise.all(ranges.map((range) => rootOf(range, read)));
}

/** Root of the tree of the first `size` leaves. */
export async function treeRoot(size: number, read: NodeReader): Promise<Hash> {
  if (!isPosition(size)) throw new RangeError(`${size} is not a number of leaves`);
  return size === 0 ? emptyRoot : rootOf([0, size], read);
}

/** Leaves from the first (included) to the second (excluded). */
type Range = readonly [from: number, to: number];

/** The largest power of two below `size`, which is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Merkle tree hash of a range that a split of RFC 9162 makes: what is complete in it is aligned. */
async function rootOf([from, to]: Range, read: NodeReader): Promise<Hash> {
  const level = levelOf(to - from);
  if (level !== undefined) return read(level, from / (to - from));
  const middle = from + splitOf(to - from);
  return nodeHash(await rootOf([from, middle], read), await rootOf([middle, to], read));
}

/**
 * Whether a proof shows that `leaf` is leaf `index` of the tree of `size` leaves with this root (RFC 9162, section
 * 2.1.3.2). False, never an error, for whatever else it is handed.
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isPosition(size) || !isPosition(index) || index >= size) return false;
  if (!isHash(leaf) || !isHash(root) || !isProof(proof)) return false;
  const walk = new Walk(index, size - 1);
  let node = leaf;
  for (const sibling of proof) {
    if (walk.atRoot) return false;
    node = walk.siblingIsLeft() ? nodeHash(sibling, node) : nodeHash(node, sibling);
    walk.up();
  }
  return walk.atRoot && sameHash(node, root);
}

/**
 * Whether a proof shows that the tree of `fromSize` leaves is the beginning of the tree of `toSize` leaves (RFC 9162,
 * section 2.1.4.2). The empty tree, with `emptyRoot`, begins every tree, and a tree begins itself; then the proof
 * must be empty. False, never an error, for whatever else it is handed.
 */
export function verifyConsistency(
  fromSize: number,
  toSize: number,
  fromRoot: Uint8Array,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isPosition(fromSize) || !isPosition(toSize) || fromSize > toSize) return false;
  if (!isHash(fromRoot) || !isHash(toRoot) || !isProof(proof)) return false;
  if (fromSize === toSize) return proof.length === 0 && sameHash(fromRoot, toRoot);
  if (fromSize === 0) return proof.length === 0 && sameHash(fromRoot, emptyRoot);
  // A tree that is one complete subtree is a node of the other: its root is not named again.
  const [first, ...rest] = levelOf(fromSize) === undefined ? proof : [fromRoot, ...proof];
  if (first === undefined || proof.length === 0) return false;
  const walk = new Walk(fromSize - 1, toSize - 1);
  while (walk.isRightChild) walk.up();
  let [fromNode, toNode] = [first, first];
  for (const sibling of rest) {
    if (walk.atRoot) return false;
    if (walk.siblingIsLeft()) {
      fromNode = nodeHash(sibling, fromNode);
      toNode = nodeHash(sibling, toNode);
    } else {
      toNode = nodeHash(toNode, sibling);
    }
    walk.up();
  }
  return walk.atRoot && sameHash(fromNode, fromRoot) && sameHash(toNode, toRoot);
}

/** A consistency proof in a tree of 2^53 leaves has at most 54 hashes; more are not worth a look. */
const MAX_PROOF_HASHES = 64;

function isProof(value: unknown): value is Uint8Array[] {
  return Array.isArray(value) && value.length <= MAX_PROOF_HASHES && value.every(isHash);
}
