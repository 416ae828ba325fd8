import { someLeaves } from './given.spec.js';
import { MerkleFrontier } from './merkle.js';
import {
  consistencyProof,
  inclusionProof,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle-proofs.js';
import { TILE_BYTES, tileNodeReader, TileWriter, type Tile, type TileReader } from './tiles.js';

/** The size that C2SP tlog-tiles explains its layout with. */
const size = 70_000;
const leaves = someLeaves(size);
const tiles = new Map<string, Tile>();
const writer = new TileWriter((tile) => tiles.set(`${tile.level}/${tile.index}`, tile));
const frontier = new MerkleFrontier();
const checked = new Set([1, 255, 256, 257, 512, 65_535, 65_536, 65_537, 69_888, size]);
const roots = new Map<number, Buffer>();

for (const leaf of leaves) {
  writer.append(leaf);
  frontier.append(leaf);
  if (checked.has(frontier.size)) roots.set(frontier.size, frontier.root());
}

const rootAt = (at: number): Buffer => roots.get(at) as Buffer;
const readTile: TileReader = (level, index) => {
  const tile = tiles.get(`${level}/${index}`);
  if (tile === undefined) throw new Error(`no tile ${level}/${index}`);
  return tile.bytes;
};

describe('TileWriter', () => {
  it('makes the full and partial tiles that C2SP counts for 70,000 leaves', () => {
    const full = [...tiles.values()].map(({ level }) => level);
    expect(full.filter((level) => level === 0)).toHaveLength(273);
    expect(full.filter((level) => level === 1)).toHaveLength(1);
    expect(full).toHaveLength(274);
    expect(writer.edges().map((edge) => edge.length / 32)).toEqual([112, 17, 1]);
    expect(writer.size).toBe(size);
  });

  it('fills a tile with the hashes of 256 leaves in a row', () => {
    expect(tiles.get('0/7')?.bytes.equals(Buffer.concat(leaves.slice(7 * 256, 8 * 256)))).toBe(true);
    expect([...tiles.values()].every(({ bytes }) => bytes.length === TILE_BYTES)).toBe(true);
  });

  it('hands over lower levels first', () => {
    const order: string[] = [];
    const another = new TileWriter(({ level, index }) => order.push(`${level}/${index}`));
    for (const leaf of leaves.slice(0, 65_536)) another.append(leaf);
    expect(order.slice(-2)).toEqual(['0/255', '1/0']);
    expect(another.edges().map((edge) => edge.length / 32)).toEqual([0, 0, 1]);
  });

  it.each([0, 1, 255, 256, 65_535, 65_536, 69_999])(
    'goes on after %i leaves as if it had never stopped',
    (at) => {
      const [before, after] = [new Map<string, Tile>(), new Map<string, Tile>()];
      const first = new TileWriter((tile) => before.set(`${tile.level}/${tile.index}`, tile));
      for (const leaf of leaves.slice(0, at)) first.append(leaf);
      const second = new TileWriter((tile) => after.set(`${tile.level}/${tile.index}`, tile), first.edges());
      expect(second.size).toBe(at);
      for (const leaf of leaves.slice(at)) second.append(leaf);
      expect(second.edges()).toEqual(writer.edges());
      expect([...before.keys(), ...after.keys()]).toEqual([...tiles.keys()]);
      for (const [key, { bytes }] of after) expect(tiles.get(key)?.bytes.equals(bytes)).toBe(true);
    },
  );

  it('takes hashes and edges only', () => {
    const [emit, hash] = [() => undefined, Buffer.alloc(32)];
    expect(() => new TileWriter(emit).append(Buffer.alloc(33))).toThrow('a hash has 32 bytes');
    expect(() => new TileWriter(emit, [Buffer.alloc(33)])).toThrow('not the edge of a tree');
    expect(() => new TileWriter(emit, [Buffer.alloc(TILE_BYTES)])).toThrow('not the edge of a tree');
    expect(
      () =>
        new TileWriter(
          emit,
          Array.from({ length: 8 }, () => hash),
        ),
    ).toThrow('at most 7 levels');
    const huge = Array.from({ length: 7 }, () => Buffer.alloc(255 * 32));
    expect(() => new TileWriter(emit, huge)).toThrow('the tree is too large');
  });
});

describe('tileNodeReader', () => {
  const read = tileNodeReader(readTile, writer.edges());

  it('knows the root at every size up to its own', async () => {
    for (const at of checked) expect(await treeRoot(at, read)).toEqual(rootAt(at));
    await expect(treeRoot(size + 1, read)).rejects.toThrow('is not complete');
  });

  it('reads proofs of inclusion, at its size and at smaller ones', async () => {
    for (const at of checked) {
      for (const index of [0, 1, 255, 256, 5_000, 65_535, 65_536, 69_887, 69_888, 69_999]) {
        if (index >= at) continue;
        const proof = await inclusionProof(index, at, read);
        expect(verifyInclusion(index, at, leaves[index] as Buffer, proof, rootAt(at))).toBe(true);
      }
    }
  });

  it('reads proofs of consistency', async () => {
    for (const to of checked) {
      for (const from of checked) {
        if (from > to) continue;
        const proof = await consistencyProof(from, to, read);
        expect(verifyConsistency(from, to, rootAt(from), rootAt(to), proof)).toBe(true);
      }
    }
  });

  it('needs few tiles for a proof', async () => {
    const asked = new Set<string>();
    const counting: TileReader = (level, index) => {
      asked.add(`${level}/${index}`);
      return readTile(level, index);
    };
    await inclusionProof(5_000, size, tileNodeReader(counting, writer.edges()));
    expect([...asked].sort()).toEqual(['0/19', '1/0']);
  });

  it('refuses a tile that is cut short', async () => {
    const cut = tileNodeReader((level, index) => readTileCut(level, index), writer.edges());
    await expect(inclusionProof(5_000, size, cut)).rejects.toThrow('has 8191 bytes');
  });

  async function readTileCut(level: number, index: number): Promise<Uint8Array> {
    return (await readTile(level, index)).subarray(1);
  }
});
