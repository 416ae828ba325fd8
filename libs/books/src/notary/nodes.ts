import { ledgerStream } from '@florin/contracts';
import type { EventStore, StoredEvent } from '@florin/event-store';
import { canonicalEvent } from '@florin/ledger';
import { leafHash, Malformed, subtreeRoot, TILE_BYTES, TILE_WIDTH, type NodeReader } from '@florin/proofs';
import { z } from 'zod';
import { readTile } from './tiles.js';

const HASH_BYTES = TILE_BYTES / TILE_WIDTH;
const LEVELS_OF_TILE = 8;

type Store = Pick<EventStore, 'read'>;

/**
 * Reads nodes of the tree over the first `size` events of a book: out of full tiles, and out of the log for the last events,
 * which are in none. Where a tile above is not full, the last tile below a node knows it. A checkpoint of this size, or a
 * larger one, must be there. What the store answers is taken as it is: a proof made of it is to be verified.
 */
export function nodesOf(store: Store, ledger: string, size: number): NodeReader {
  const tiles = new Map<string, ReturnType<typeof readTile>>();
  const tileAt = (level: number, index: number): ReturnType<typeof readTile> => {
    const key = `${level}/${index}`;
    const tile = tiles.get(key) ?? readTile(store, ledger, level, index);
    tiles.set(key, tile);
    return tile;
  };
  const tailStart = size - (size % TILE_WIDTH);
  let tail: Promise<Buffer> | undefined;
  return async (level, index) => {
    const tileLevel = Math.floor(level / LEVELS_OF_TILE);
    const width = 2 ** (level % LEVELS_OF_TILE);
    const first = index * width;
    const tile = Math.floor(first / TILE_WIDTH);
    if ((tile + 1) * TILE_WIDTH ** (tileLevel + 1) <= size) {
      return nodeIn((await tileAt(tileLevel, tile)).bytes, first % TILE_WIDTH, width);
    }
    if (tileLevel > 0) {
      const { nodes } = await tileAt(tileLevel - 1, first + width - 1);
      const node = nodes[level % LEVELS_OF_TILE];
      if (node === undefined) throw new Malformed(`a tile of ${ledger} lacks node ${level}/${index}`);
      return node;
    }
    tail ??= leavesOf(store, ledger, tailStart, size);
    return nodeIn(await tail, first - tailStart, width);
  };
}

function nodeIn(hashes: Buffer, at: number, width: number): Buffer {
  return subtreeRoot(hashes.subarray(at * HASH_BYTES, (at + width) * HASH_BYTES));
}

/** Leaf hashes, one after the other, of the events from a revision (included) to another (excluded). */
export async function leavesOf(store: Store, ledger: string, from: number, to: number): Promise<Buffer> {
  const leaves: Buffer[] = [];
  for await (const page of store.read(ledgerStream(ledger), { from: BigInt(from), maxCount: to - from })) {
    for (const stored of page) leaves.push(leafHash(eventText(ledger, stored)));
  }
  if (leaves.length !== to - from) throw new Malformed(`the log of ${ledger} ends before revision ${to - 1}`);
  return Buffer.concat(leaves);
}

const metadataSchema = z.object({ schema: z.int(), ledger: z.string(), prev: z.string() });

/** The text that a stored event is known by, as its metadata tell it: the leaf of a tree is its hash. Throws `Malformed`. */
export function eventText(ledger: string, { revision, type, data, metadata }: StoredEvent): string {
  const parsed = metadataSchema.safeParse(metadata);
  if (parsed.data?.ledger !== ledger) throw new Malformed(`revision ${revision} is no event of ${ledger}`);
  const { schema, prev } = parsed.data;
  return canonicalEvent(prev, { schema, ledger, revision, type, data });
}
