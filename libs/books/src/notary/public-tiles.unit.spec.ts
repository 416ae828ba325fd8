import { ledgerStream } from '@florin/contracts';
import { leafHash, MerkleFrontier, subtreeRoot, TileWriter, type Tile } from '@florin/proofs';
import { MemoryStore } from '../memory-store.spec.js';
import { eventText } from './nodes.js';
import { parseTilePath, tileHashes } from './public-tiles.js';
import { storeTiles, TileNodes } from './tiles.js';

describe('the path of a tile', () => {
  it.each([
    ['0/000', 0, 0, 256],
    ['5/017', 5, 17, 256],
    ['0/x001/234', 0, 1_234, 256],
    ['63/x001/x234/067', 63, 1_234_067, 256],
    ['0/x001/234.p/1', 0, 1_234, 1],
    ['1/000.p/255', 1, 0, 255],
  ])('%s is understood', (path, level, index, width) => {
    expect(parseTilePath(path)).toEqual({ level, index, width });
  });

  it.each([
    ...['', '0', '0/', '0/0', '0/0000', '0/x001', '0/001/234', '0/x000/234', '64/000', '00/000', '-1/000'],
    ...['0/000.p', '0/000.p/', '0/000.p/0', '0/000.p/256', '0/000.p/01', '0/000.p/1/2', '0/000.q/1'],
    ...['entries/000', '0/x001/234/', '0/../000', '0/x001/x234/x067/x001/x001/001', '0/ 00'],
  ])('%j is none', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe('tiles for everybody', () => {
  const ledger = 'it-eur';
  const size = 256 * 3 + 17;
  let store: MemoryStore;
  const leaves: Buffer[] = [];

  beforeAll(async () => {
    store = new MemoryStore();
    const metadata = { schema: 2, ledger, prev: '0'.repeat(64) };
    for (let n = 0; n < size; n += 1) {
      const event = { id: crypto.randomUUID(), type: 'Note', data: { n }, metadata };
      await store.append(ledgerStream(ledger), [event], n === 0 ? 'no_stream' : BigInt(n - 1));
      leaves.push(leafHash(eventText(ledger, { ...event, revision: BigInt(n), created: new Date(0) })));
    }
    const full: Tile[] = [];
    const writer = new TileWriter((tile) => full.push(tile));
    for (const leaf of leaves) writer.append(leaf);
    const nodes = new TileNodes();
    await storeTiles(
      store,
      ledger,
      full.map((tile) => nodes.complete(tile)),
    );
  });

  const read = (path: string, signed = size): Promise<Buffer | undefined> =>
    tileHashes(store, ledger, parseTilePath(path)!, signed);

  it('have the leaves, and the roots of full tiles, as far as is signed', async () => {
    expect(await read('0/001')).toEqual(Buffer.concat(leaves.slice(256, 512)));
    expect(await read('0/001.p/3')).toEqual(Buffer.concat(leaves.slice(256, 259)));
    expect(await read('0/003.p/17')).toEqual(Buffer.concat(leaves.slice(768)));
    expect(await read('0/002.p/255', 800)).toEqual(Buffer.concat(leaves.slice(512, 767)));
    const roots = [0, 1, 2].map((n) => subtreeRoot(Buffer.concat(leaves.slice(n * 256, n * 256 + 256))));
    expect(await read('1/000.p/3')).toEqual(Buffer.concat(roots));
    expect(await read('1/000.p/2')).toEqual(Buffer.concat(roots.slice(0, 2)));
  });

  it('are not there beyond what is signed', async () => {
    for (const path of ['0/003', '0/003.p/18', '0/004.p/1', '1/000', '1/000.p/4', '2/000.p/1', '63/000']) {
      expect({ path, found: await read(path) }).toEqual({ path, found: undefined });
    }
    expect(await read('0/002', 767)).toBeUndefined();
    expect(await read('0/002.p/255', 767)).toHaveLength(255 * 32);
  });

  it('make the root that is signed', async () => {
    const [top, edge] = [await read('1/000.p/3'), await read('0/003.p/17')] as [Buffer, Buffer];
    const frontier = new MerkleFrontier();
    for (const path of ['0/000', '0/001', '0/002', '0/003.p/17']) {
      const tile = (await read(path)) as Buffer;
      for (let at = 0; at < tile.length; at += 32) frontier.append(tile.subarray(at, at + 32));
    }
    const expected = new MerkleFrontier();
    for (const leaf of leaves) expected.append(leaf);
    expect(frontier.root()).toEqual(expected.root());
    expect([top.length, edge.length]).toEqual([3 * 32, 17 * 32]);
  });
});
