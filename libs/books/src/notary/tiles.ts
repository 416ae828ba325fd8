import { eventAt, sha256, WrongExpectedRevision, type EventStore, type NewEvent } from '@florin/event-store';
import { idOfHash } from '@florin/ledger';
import { Malformed, subtreeRoot, TILE_BYTES, TILE_WIDTH, type Hash, type Tile } from '@florin/proofs';
import { z } from 'zod';

const HASH_BYTES = TILE_BYTES / TILE_WIDTH;

/** The stream of a book's full tiles of a level: event n is tile n. */
export function tileStream(ledger: string, level: number): string {
  return `tiles-${ledger}-${level}`;
}

/**
 * A tile, and the nodes above it that it completes below the root of the tile above: its own root, and where it is the last
 * of 2, 4, 8 … in a row, theirs. With them a node is found by one read where the tile above is not full yet.
 */
export interface FullTile extends Tile {
  readonly nodes: readonly Hash[];
}

const LEVELS_OF_TILE = 8;

/** Finds the nodes that full tiles complete. */
export class TileNodes {
  /** By level, the roots of the tiles since the last full tile above. */
  readonly #rows: Hash[][];

  /** Goes on at the right edge of a tree; at an empty one without. */
  constructor(edges: readonly Buffer[] = []) {
    this.#rows = edges.slice(1).map((edge) => {
      const roots: Hash[] = [];
      for (let at = 0; at < edge.length; at += HASH_BYTES) roots.push(edge.subarray(at, at + HASH_BYTES));
      return roots;
    });
  }

  /** Takes the tiles of each level in their order. */
  complete(tile: Tile): FullTile {
    const row = (this.#rows[tile.level] ??= []);
    row.push(subtreeRoot(tile.bytes));
    const nodes: Hash[] = [];
    for (let width = 1; nodes.length < LEVELS_OF_TILE && row.length % width === 0; width *= 2) {
      nodes.push(subtreeRoot(Buffer.concat(row.slice(-width))));
    }
    if (row.length === TILE_WIDTH) this.#rows[tile.level] = [];
    return { ...tile, nodes };
  }
}

/** A tile in the event store is not the one that the book's events make. */
export class TileDiffers extends Error {
  override readonly name = 'TileDiffers';
}

/** Events in one append: 11 KB each, of 1 MiB that a store takes. */
const MAX_APPEND = 64;

/**
 * Sees to it that the store has these tiles: those that are there already are compared, the others appended. Two programs may
 * do it at once, as both write the same. Throws `TileDiffers`.
 */
export async function storeTiles(
  store: Pick<EventStore, 'append' | 'read'>,
  ledger: string,
  tiles: readonly FullTile[],
): Promise<void> {
  for (const [level, ofLevel] of Map.groupBy(tiles, (tile) => tile.level)) {
    const stream = tileStream(ledger, level);
    for (let done = 0; done < ofLevel.length;) {
      const due = ofLevel.slice(done, done + MAX_APPEND);
      const there = await compareTiles(store, ledger, due);
      done += there;
      if (there === due.length) continue;
      const rest = due.slice(there);
      done += (await appendTiles(store, stream, rest)) ? rest.length : 0;
    }
  }
}

/** Whether they were appended; false where somebody else was faster. */
async function appendTiles(
  store: Pick<EventStore, 'append'>,
  stream: string,
  tiles: readonly FullTile[],
): Promise<boolean> {
  const before = (tiles[0]?.index ?? 0) - 1;
  const events = tiles.map((tile) => tileEvent(stream, tile));
  try {
    await store.append(stream, events, before < 0 ? 'no_stream' : BigInt(before));
    return true;
  } catch (error) {
    if (!(error instanceof WrongExpectedRevision)) throw error;
    const actual = error.actual === 'no_stream' ? -1n : error.actual;
    if (actual < BigInt(before)) {
      throw new TileDiffers(`${stream} ends at tile ${actual}, before tile ${before}, which was there`, {
        cause: error,
      });
    }
    return false;
  }
}

/**
 * Compares tiles of one level, in a row, with those that the store has; answers how many of them it has. Throws
 * `TileDiffers`.
 */
export async function compareTiles(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  tiles: readonly FullTile[],
): Promise<number> {
  const [first] = tiles;
  if (first === undefined) return 0;
  const stream = tileStream(ledger, first.level);
  let there = 0;
  for await (const page of store.read(stream, { from: BigInt(first.index), maxCount: tiles.length })) {
    for (const stored of page) {
      const tile = tiles[there];
      if (tile === undefined) return there;
      const { id, data, metadata } = tileEvent(stream, tile);
      const same = stored.id === id && sameJson([stored.data, stored.metadata], [data, metadata]);
      if (!same) throw new TileDiffers(`tile ${tile.index} in ${stream} is not what the events make`);
      there += 1;
    }
  }
  return there;
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function tileEvent(stream: string, { bytes, index, nodes }: FullTile): NewEvent & { metadata: object } {
  const hashes = bytes.toString('base64');
  return {
    id: idOfHash(sha256(`${stream} ${index} ${hashes}`)),
    type: 'TileFilled',
    data: { hashes },
    metadata: { nodes: nodes.map((node) => node.toString('base64')) },
  };
}

const storedTileSchema = z.object({
  data: z.object({ hashes: z.base64() }),
  metadata: z.object({ nodes: z.array(z.base64()).min(1).max(LEVELS_OF_TILE) }),
});

/** A tile of the store: its hashes in a row, and the nodes that it completes. Throws `Malformed` where it has none. */
export async function readTile(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  level: number,
  index: number,
): Promise<{ bytes: Buffer; nodes: Buffer[] }> {
  const stream = tileStream(ledger, level);
  return decodeTile(stream, index, await eventAt(store, stream, BigInt(index)));
}

/** The roots of so many full tiles in a row, one after the other. Throws `Malformed` where one is missing. */
export async function readTileRoots(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  level: number,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<Buffer> {
  const stream = tileStream(ledger, level);
  const roots: Buffer[] = [];
  for await (const page of store.read(stream, { from: BigInt(from), maxCount: count })) {
    for (const stored of page) {
      const { nodes } = decodeTile(stream, Number(stored.revision), stored);
      roots.push(nodes[0] as Buffer);
    }
  }
  if (roots.length !== count) throw new Malformed(`${stream} ends before tile ${from + count - 1}`);
  return Buffer.concat(roots);
}

function decodeTile(stream: string, index: number, stored: unknown): { bytes: Buffer; nodes: Buffer[] } {
  const parsed = storedTileSchema.safeParse(stored);
  const bytes = Buffer.from(parsed.data?.data.hashes ?? '', 'base64');
  const nodes = (parsed.data?.metadata.nodes ?? []).map((node) => Buffer.from(node, 'base64'));
  if (bytes.length !== TILE_BYTES || nodes.some((node) => node.length !== HASH_BYTES)) {
    throw new Malformed(`event ${index} of ${stream} is not a tile`);
  }
  return { bytes, nodes };
}
