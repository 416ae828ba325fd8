import type { EventStore } from '@florin/event-store';
import { TILE_WIDTH } from '@florin/proofs';
import { leavesOf } from './nodes.js';
import { readTile, readTileRoots } from './tiles.js';

/** A tile as its path names it (C2SP tlog-tiles): the first `width` hashes of it, 256 for a full one. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

const LEVEL = /^(?:0|[1-9]|[1-5]\d|6[0-3])$/;
/** Groups of three digits, all but the last with an x before it; no group of zeroes before others. */
const INDEX = /^(?!x000\/)(?:x\d{3}\/){0,4}\d{3}$/;
const WIDTH = /^[1-9]\d{0,2}$/;

/** Reads `<L>/<N>` and `<L>/<N>.p/<W>`, such as `0/x001/234.p/17`; `undefined` for what is no path of a tile. */
export function parseTilePath(path: string): TilePlace | undefined {
  const [, level = '', indexPath = '', partial] = /^([^/]+)\/([^.]+)(?:\.p\/([^/]+))?$/.exec(path) ?? [];
  if (!LEVEL.test(level) || !INDEX.test(indexPath)) return undefined;
  if (partial !== undefined && (!WIDTH.test(partial) || Number(partial) >= TILE_WIDTH)) return undefined;
  return {
    level: Number(level),
    index: Number(indexPath.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
}

/**
 * The hashes of a tile, or of the beginning of one, in the tree over the first `size` events of a book; `undefined` where that
 * tree does not have so many. A checkpoint of this size, or a larger one, must be there. Throws `Malformed` where something is missing.
 */
export async function tileHashes(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  { index, level, width }: TilePlace,
  size: number,
): Promise<Buffer | undefined> {
  const first = index * TILE_WIDTH;
  if ((first + width) * TILE_WIDTH ** level > size) return undefined;
  if ((first + TILE_WIDTH) * TILE_WIDTH ** level <= size) {
    const { bytes } = await readTile(store, ledger, level, index);
    return bytes.subarray(0, (bytes.length / TILE_WIDTH) * width);
  }
  return level === 0
    ? leavesOf(store, ledger, first, first + width)
    : readTileRoots(store, ledger, level - 1, { from: first, count: width });
}
