import {
  inclusionProof,
  leafHash,
  MerkleFrontier,
  TileWriter,
  verifyConsistency,
  verifyInclusion,
} from '@florin/proofs';
import { MemoryStore } from '../memory-store.spec.js';
import { nodesOf } from './nodes.js';
import { proveConsistency } from './prove.js';
import { readTile, storeTiles, TileDiffers, TileNodes, tileStream, type FullTile } from './tiles.js';

const ledger = 'it-eur';

/** The tree over so many made-up leaves, 256 at a time, so that no log is needed beside the tiles. */
function grow(size: number): { tiles: FullTile[]; roots: Map<number, Buffer> } {
  const tiles: FullTile[] = [];
  const roots = new Map<number, Buffer>();
  const nodes = new TileNodes();
  const writer = new TileWriter((tile) => tiles.push(nodes.complete(tile)));
  const frontier = new MerkleFrontier();
  for (let n = 0; n < size; n += 1) {
    const leaf = leafHash(`leaf ${n}`);
    writer.append(leaf);
    frontier.append(leaf);
    if (frontier.size % 256 === 0) roots.set(frontier.size, frontier.root());
  }
  return { tiles, roots };
}

describe('the tiles of a book', () => {
  const size = 274 * 256;
  const { tiles, roots } = grow(size);
  const rootAt = (at: number): Buffer => roots.get(at) as Buffer;
  const store = new MemoryStore();

  beforeAll(() => storeTiles(store, ledger, tiles));

  it('lie one per event, a stream per level', () => {
    expect([...store.streams].map(([stream, { length }]) => [stream, length])).toEqual([
      [tileStream(ledger, 0), 274],
      [tileStream(ledger, 1), 1],
    ]);
    expect(store.streams.get(tileStream(ledger, 0))?.[3]).toMatchObject({
      type: 'TileFilled',
      // The last of four in a row: the roots of one, two and four tiles.
      metadata: { nodes: [expect.any(String), expect.any(String), expect.any(String)] },
    });
  });

  it.each([
    [0, size],
    [size - 1, size],
    [65_535, 65_536],
    [65_536, size],
    [40_000, 65_280],
    [300, 768],
  ])('prove leaf %i among %i', async (index, among) => {
    const proof = await inclusionProof(index, among, nodesOf(store, ledger, among));
    expect(verifyInclusion(index, among, leafHash(`leaf ${index}`), proof, rootAt(among))).toBe(true);
  });

  it.each([
    [256, size],
    [65_280, 65_536],
    [65_536, size],
    [768, 1_024],
  ])('prove that the first %i are the beginning of %i', async (from, to) => {
    const proof = await proveConsistency(store, ledger, from, to);
    expect(verifyConsistency(from, to, rootAt(from), rootAt(to), proof)).toBe(true);
  });

  it('are found the same when they are stored again, whoever else stores them', async () => {
    await storeTiles(store, ledger, tiles);
    const other = new MemoryStore();
    await Promise.all([storeTiles(other, ledger, tiles), storeTiles(other, ledger, tiles)]);
    expect(other.streams.get(tileStream(ledger, 0))).toHaveLength(274);
  });

  it('are not taken when one was changed, or is missing', async () => {
    const other = new MemoryStore();
    await storeTiles(other, ledger, grow(512).tiles);
    const { tiles: foreign } = grow(256);
    const changed = foreign.map((tile) => ({ ...tile, bytes: Buffer.from(tile.bytes).fill(7, 0, 1) }));
    await expect(storeTiles(other, ledger, changed)).rejects.toThrow(TileDiffers);
    const late = tiles.filter((tile) => tile.level === 0 && tile.index > 2);
    await expect(storeTiles(other, ledger, late)).rejects.toThrow('ends at tile 1');
    await expect(readTile(other, ledger, 0, 2)).rejects.toThrow('event 2 of tiles-it-eur-0 is not a tile');
  });
});
