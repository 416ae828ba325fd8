import { HASH_BYTES, type Hash } from './hash.js';
import { isPosition, subtreeRoot } from './merkle.js';
import type { NodeReader } from './merkle-proofs.js';

/**
 * A Merkle tree in files, as C2SP tlog-tiles lays it out: a tile of level 0 holds the hashes of 256 leaves in a row, a
 * tile of level n the roots of 256 full tiles of the level below. A full tile never changes.
 */
export interface Tile {
  readonly level: number;
  /** Position among the tiles of its level. */
  readonly index: number;
  /** 256 hashes, 8 KiB. */
  readonly bytes: Buffer;
}

export const TILE_WIDTH = 256;
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** A tree of 2^53 leaves takes tiles of the levels 0 to 6. */
const MAX_LEVELS = 7;

/**
 * The right edge of a tree: per level, the hashes in a row that are in no full tile yet, which C2SP calls the partial
 * tiles. With the full tiles they are the whole tree, and they tell its size.
 */
export type Edges = readonly Uint8Array[];

/** Reads a full tile, 8 KiB; throws when there is none. */
export type TileReader = (level: number, index: number) => Uint8Array | Promise<Uint8Array>;

/** Makes tiles out of leaves; hands over each as soon as it is full, lower levels first. */
export class TileWriter {
  #size: number;
  readonly #levels: { bytes: Buffer; width: number; index: number }[];

  /** Goes on at `edges`, which another writer left; at an empty tree without. Throws a RangeError for what is no edge. */
  constructor(
    private readonly emit: (tile: Tile) => void,
    edges: Edges = [],
  ) {
    this.#size = sizeOf(edges);
    this.#levels = edges.map((edge, level) => {
      const bytes = Buffer.alloc(TILE_BYTES);
      bytes.set(edge);
      return { bytes, width: edge.length / HASH_BYTES, index: fullTiles(this.#size, level) };
    });
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  append(leaf: Hash): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
    this.#put(0, leaf);
    this.#size += 1;
  }

  /** A copy of the right edge as it is now. */
  edges(): Buffer[] {
    return this.#levels.map(({ bytes, width }) => Buffer.from(bytes.subarray(0, width * HASH_BYTES)));
  }

  #put(level: number, hash: Hash): void {
    const tile = (this.#levels[level] ??= { bytes: Buffer.alloc(TILE_BYTES), width: 0, index: 0 });
    tile.bytes.set(hash, tile.width * HASH_BYTES);
    tile.width += 1;
    if (tile.width < TILE_WIDTH) return;
    const { bytes, index } = tile;
    this.#levels[level] = { bytes: Buffer.alloc(TILE_BYTES), width: 0, index: index + 1 };
    this.emit({ level, index, bytes });
    this.#put(level + 1, subtreeRoot(bytes));
  }
}

/** Reads nodes of the tree that full tiles and `edges` make, for proofs at its size or at any smaller one. */
export function tileNodeReader(readTile: TileReader, edges: Edges): NodeReader {
  const size = sizeOf(edges);
  return async (level, index) => {
    if ((index + 1) * 2 ** level > size) throw new RangeError(`node ${level}/${index} is not complete`);
    const tileLevel = Math.floor(level / 8);
    const width = 2 ** (level % 8);
    const tile = Math.floor((index * width) / TILE_WIDTH);
    const at = (index * width) % TILE_WIDTH;
    const bytes =
      tile < fullTiles(size, tileLevel)
        ? await readFull(readTile, tileLevel, tile)
        : (edges[tileLevel] as Uint8Array);
    return subtreeRoot(bytes.subarray(at * HASH_BYTES, (at + width) * HASH_BYTES));
  };
}

/** Number of full tiles of a level in a tree of `size` leaves. */
function fullTiles(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** (level + 1));
}

function sizeOf(edges: Edges): number {
  if (edges.length > MAX_LEVELS) throw new RangeError(`a tree has at most ${MAX_LEVELS} levels of tiles`);
  const size = edges.reduce((sum, edge, level) => {
    const width = edge.length / HASH_BYTES;
    if (!Number.isInteger(width) || width >= TILE_WIDTH) throw new RangeError('not the edge of a tree');
    return sum + width * TILE_WIDTH ** level;
  }, 0);
  if (!isPosition(size)) throw new RangeError('the tree is too large');
  return size;
}

async function readFull(readTile: TileReader, level: number, index: number): Promise<Uint8Array> {
  const bytes = await readTile(level, index);
  if (bytes.length !== TILE_BYTES) throw new RangeError(`tile ${level}/${index} has ${bytes.length} bytes`);
  return bytes;
}
