import { HASH_BYTES, isHash, sameHash, sha256, type Hash } from './hash.js';
import type { LiabilitiesHead } from './ledger-head.js';
import { emptyRoot, isPosition } from './merkle.js';
import { Walk } from './walk.js';

/**
 * Proof of liabilities: a Merkle tree over what is owed to each account, whose every node commits to the sum below it.
 * A leaf is SHA-256(0x00 ‖ salt ‖ length of the id, 2 bytes ‖ account id in UTF-8 ‖ balance), a node
 * SHA-256(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum); balances and sums have 8 bytes; all numbers are
 * big-endian. Leaves stand in the order of their hashes, so that their places tell nothing, and the tree has the shape
 * of RFC 9162: a node without a neighbour is its own parent.
 */
export interface SumNode {
  readonly hash: Hash;
  /** In minor units: not negative, below 2^63. */
  readonly sum: bigint;
}

/** What is owed to an account, in minor units. */
export interface Liability {
  readonly account: string;
  readonly balance: bigint;
}

/** What the holder of an account is given to find their balance in the root. The salt is for nobody else. */
export interface LiabilityProof extends Liability {
  readonly salt: Buffer;
  /** Place of the leaf. */
  readonly index: number;
  /** The neighbours on the way up, from the leaf's on. */
  readonly siblings: readonly SumNode[];
}

export const MAX_SUM = 2n ** 63n - 1n;
export const MAX_ACCOUNTS = 2 ** 24;
const MAX_ACCOUNT_BYTES = 1_024;
const SECRET_BYTES = 32;
const HMAC_BLOCK_BYTES = 64;

const SUM_BYTES = 8;
const NODE_BYTES = HASH_BYTES + SUM_BYTES;

/** Leaves or nodes that are made in one slice: some milliseconds. */
const SLICE = 1_024;
/** Leaves are sorted in so many parts by the first 12 bits of their hashes, so that no slice is a long one. */
const PARTS = 4_096;

interface Leaf extends Liability {
  /** As a string of single bytes: they sort several times as fast as Buffers. */
  readonly hash: string;
  /** Beginning of the salt. */
  readonly key: number;
}

interface Grown {
  /** Nodes of 40 bytes, hash and sum; the leaves first, the root last. */
  readonly levels: readonly Buffer[];
  readonly places: Places;
  readonly salts: Salts;
}

export class SumTree {
  /** What goes into the checkpoint. */
  readonly head: LiabilitiesHead;
  readonly #grown: Grown;

  private constructor(grown: Grown) {
    const { levels } = grown;
    const count = (levels[0] as Buffer).length / NODE_BYTES;
    const top = count === 0 ? { hash: emptyRoot, sum: 0n } : nodeAt(levels.at(-1) as Buffer, 0);
    this.head = { root: top.hash, total: top.sum, count };
    this.#grown = grown;
  }

  /**
   * Builds the tree over accounts that differ. The secret, 32 bytes, must be random, and another for each tree:
   * it hides who is in it. Throws a RangeError for a balance that is negative or a total from 2^63 on.
   */
  static of(liabilities: Iterable<Liability>, secret: Uint8Array): SumTree {
    const growing = grow(liabilities, secret);
    let step = growing.next();
    while (step.done !== true) step = growing.next();
    return new SumTree(step.value);
  }

  /**
   * The same for who has other things to do beside a large tree: `pause` is awaited after every few milliseconds of work. What it
   * rejects with ends the building. `liabilities` must not change meanwhile.
   */
  static async inSlices(
    liabilities: Iterable<Liability>,
    secret: Uint8Array,
    pause: () => Promise<void>,
  ): Promise<SumTree> {
    const growing = grow(liabilities, secret);
    for (;;) {
      const step = growing.next();
      if (step.done === true) return new SumTree(step.value);
      await pause();
    }
  }

  /** The proof for the holder of an account; `undefined` for an account that is not in the tree. */
  prove(account: string): LiabilityProof | undefined {
    const { levels, places, salts } = this.#grown;
    if (!isAccount(account)) return undefined;
    const salt = salts.of(account);
    const index = places.find(account, salt);
    if (index === undefined) return undefined;
    const siblings: SumNode[] = [];
    let place = index;
    for (const level of levels) {
      const neighbour = place % 2 === 0 ? place + 1 : place - 1;
      if (neighbour * NODE_BYTES < level.length) siblings.push(nodeAt(level, neighbour));
      place = Math.floor(place / 2);
    }
    const { sum: balance } = nodeAt(levels[0] as Buffer, index);
    return { account, balance, salt, index, siblings };
  }
}

/** Grows a tree, and yields between slices of the work. */
function* grow(liabilities: Iterable<Liability>, secret: Uint8Array): Generator<void, Grown> {
  const salts = new Salts(secret);
  const { count, parts } = yield* leavesIn(liabilities, salts);
  const bottom = Buffer.alloc(count * NODE_BYTES);
  const places = new Places(bottom);
  let place = 0;
  for (const leaves of parts) {
    const before = place;
    for (const { account, balance, hash, key } of leaves.sort((a, b) => (a.hash < b.hash ? -1 : 1))) {
      bottom.write(hash, place * NODE_BYTES, 'latin1');
      bottom.writeBigUInt64BE(balance, place * NODE_BYTES + HASH_BYTES);
      places.add(key, place, () => places.find(account, salts.of(account)) !== undefined);
      place += 1;
    }
    leaves.length = 0;
    if (Math.floor(place / SLICE) > Math.floor(before / SLICE)) yield;
  }
  return { levels: yield* levelsAbove(bottom), places, salts };
}

function* leavesIn(
  liabilities: Iterable<Liability>,
  salts: Salts,
): Generator<void, { count: number; parts: Leaf[][] }> {
  const parts = Array.from({ length: PARTS }, (): Leaf[] => []);
  let count = 0;
  for (const { account, balance } of liabilities) {
    if (count === MAX_ACCOUNTS) throw new RangeError(`more than ${MAX_ACCOUNTS} accounts`);
    if (!isSum(balance)) throw new RangeError(`a balance of ${balance} cannot be owed`);
    if (!isAccount(account)) throw new RangeError('not the id of an account');
    const salt = salts.of(account);
    const hash = leafOf(account, balance, salt).toString('latin1');
    const part = hash.charCodeAt(0) * 16 + (hash.charCodeAt(1) >> 4);
    (parts[part] as Leaf[]).push({ account, balance, hash, key: salt.readUInt32BE(0) });
    count += 1;
    if (count % SLICE === 0) yield;
  }
  return { count, parts };
}

/**
 * Whether a proof shows that an account's balance is in the total of `head`. Every sum on the way is checked, so that
 * nobody's balance can be hidden behind a negative one. False, never an error, for whatever else the fields hold.
 */
export function verifyLiability(proof: LiabilityProof, head: LiabilitiesHead): boolean {
  const { account, balance, salt, index, siblings } = proof;
  const { root, total, count } = head;
  if (!isPosition(index) || !isPosition(count) || index >= count || !isHash(root)) return false;
  if (!isAccount(account) || !isSum(balance) || !isHash(salt) || !areSiblings(siblings)) return false;
  const walk = new Walk(index, count - 1);
  let node: SumNode = { hash: leafOf(account, balance, salt), sum: balance };
  for (const sibling of siblings) {
    if (walk.atRoot || node.sum + sibling.sum > MAX_SUM) return false;
    node = walk.siblingIsLeft() ? parentOf(sibling, node) : parentOf(node, sibling);
    walk.up();
  }
  return walk.atRoot && node.sum === total && sameHash(node.hash, root);
}

/**
 * Where the leaf of an account is: a table by the beginnings of salts, several times as small as a Map of ids, and it never
 * stops to grow. A leaf is known to be an account's by its hash.
 */
class Places {
  readonly #slots: Uint32Array;
  /** By their places. */
  readonly #keys: Uint32Array;

  constructor(private readonly leaves: Buffer) {
    const count = leaves.length / NODE_BYTES;
    this.#keys = new Uint32Array(count);
    this.#slots = new Uint32Array(2 ** (Math.ceil(Math.log2(count + 1)) + 1));
  }

  /** `isThere` says whether the account is, where another has the same beginning. */
  add(key: number, place: number, isThere: () => boolean): void {
    let slot = key & (this.#slots.length - 1);
    for (let taken = this.#slots[slot]; taken; taken = this.#slots[slot]) {
      if (this.#keys[taken - 1] === key && isThere()) throw new RangeError('an account is there twice');
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    this.#slots[slot] = place + 1;
    this.#keys[place] = key;
  }

  find(account: string, salt: Buffer): number | undefined {
    const key = salt.readUInt32BE(0);
    let slot = key & (this.#slots.length - 1);
    for (let taken = this.#slots[slot]; taken; taken = this.#slots[slot]) {
      const { hash, sum } = nodeAt(this.leaves, taken - 1);
      if (this.#keys[taken - 1] === key && sameHash(hash, leafOf(account, sum, salt))) return taken - 1;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return undefined;
  }
}

/** The levels from the leaves to the root. */
function* levelsAbove(bottom: Buffer): Generator<void, Buffer[]> {
  const levels = [bottom];
  let below = bottom;
  while (below.length > NODE_BYTES) {
    const width = below.length / NODE_BYTES;
    const level = Buffer.alloc(Math.ceil(width / 2) * NODE_BYTES);
    for (let at = 0; at < width; at += 2) {
      const place = (at / 2) * NODE_BYTES;
      if (at > 0 && at % SLICE === 0) yield;
      if (at + 1 === width) {
        below.copy(level, place, at * NODE_BYTES);
        continue;
      }
      const { hash, sum } = parentOf(nodeAt(below, at), nodeAt(below, at + 1));
      if (sum > MAX_SUM) throw new RangeError(`a total of ${sum} is beyond what can be proved`);
      level.set(hash, place);
      level.writeBigUInt64BE(sum, place + HASH_BYTES);
    }
    levels.push(level);
    below = level;
  }
  return levels;
}

function nodeAt(level: Buffer, index: number): SumNode {
  const at = index * NODE_BYTES;
  const hash = Buffer.from(level.subarray(at, at + HASH_BYTES));
  return { hash, sum: level.readBigUInt64BE(at + HASH_BYTES) };
}

/**
 * HMAC-SHA-256 (RFC 2104) of accounts' ids under a secret. Out of two hashes, because `createHmac` makes an object per
 * call, which takes several times as long as all the rest of a tree.
 */
class Salts {
  readonly #inner = Buffer.alloc(HMAC_BLOCK_BYTES + MAX_ACCOUNT_BYTES, 0x36);
  readonly #outer = Buffer.alloc(HMAC_BLOCK_BYTES + HASH_BYTES, 0x5c);

  constructor(secret: Uint8Array) {
    if (secret.length !== SECRET_BYTES) throw new RangeError(`a secret of ${SECRET_BYTES} bytes is needed`);
    secret.forEach((byte, at) => {
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    });
  }

  of(account: string): Buffer {
    const length = this.#inner.write(account, HMAC_BLOCK_BYTES);
    this.#outer.set(sha256(this.#inner.subarray(0, HMAC_BLOCK_BYTES + length)), HMAC_BLOCK_BYTES);
    return sha256(this.#outer);
  }
}

const ID_AT = 1 + HASH_BYTES + 2;
const leaf = Buffer.alloc(ID_AT + MAX_ACCOUNT_BYTES + SUM_BYTES);

function leafOf(account: string, balance: bigint, salt: Uint8Array): Hash {
  leaf.set(salt, 1);
  const length = leaf.write(account, ID_AT);
  leaf.writeUInt16BE(length, 1 + HASH_BYTES);
  const end = leaf.writeBigUInt64BE(balance, ID_AT + length);
  return sha256(leaf.subarray(0, end));
}

const pair = Buffer.alloc(1 + 2 * NODE_BYTES, 0x01);

function parentOf(left: SumNode, right: SumNode): SumNode {
  pair.set(left.hash, 1);
  pair.writeBigUInt64BE(left.sum, 1 + HASH_BYTES);
  pair.set(right.hash, 1 + NODE_BYTES);
  pair.writeBigUInt64BE(right.sum, 1 + NODE_BYTES + HASH_BYTES);
  return { hash: sha256(pair), sum: left.sum + right.sum };
}

function isSum(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= MAX_SUM;
}

function isAccount(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) return false;
  return Buffer.byteLength(value) <= MAX_ACCOUNT_BYTES;
}

function areSiblings(value: unknown): value is readonly SumNode[] {
  return (
    Array.isArray(value) &&
    value.length <= Math.log2(MAX_ACCOUNTS) &&
    value.every((node: Partial<SumNode> | null | undefined) => isHash(node?.hash) && isSum(node.sum))
  );
}
