import { ctLeaves, ctRoots, naiveRoot, someLeaves } from './given.spec.js';
import { emptyRoot, leafHash, levelOf, MerkleFrontier, nodeHash, subtreeRoot } from './merkle.js';

function frontierOf(leaves: readonly Buffer[]): MerkleFrontier {
  const frontier = new MerkleFrontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier;
}

describe('leafHash', () => {
  it('is the same for a text and for its UTF-8 bytes', () => {
    expect(leafHash('ciò')).toEqual(leafHash(Buffer.from('ciò', 'utf8')));
  });

  it('is not the hash of the data alone, nor of a node', () => {
    const [left, right] = someLeaves(2) as [Buffer, Buffer];
    expect(leafHash('')).not.toEqual(emptyRoot);
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(nodeHash(left, right));
  });
});

describe('nodeHash', () => {
  it.each([31, 33, 0])('refuses %i bytes, which are no hash', (length) => {
    const [hash] = someLeaves(1) as [Buffer];
    expect(() => nodeHash(hash, Buffer.alloc(length))).toThrow(RangeError);
    expect(() => nodeHash(Buffer.alloc(length), hash)).toThrow(RangeError);
  });
});

describe('levelOf', () => {
  it('is exact where a logarithm is not', () => {
    expect(levelOf(2 ** 52)).toBe(52);
    expect(levelOf(2 ** 52 + 1)).toBeUndefined();
    expect(levelOf(2 ** 52 - 1)).toBeUndefined();
    expect(levelOf(0)).toBeUndefined();
  });
});

describe('MerkleFrontier', () => {
  it('of nothing has the hash of nothing as its root', () => {
    expect(new MerkleFrontier().root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it.each(ctRoots.map((root, index) => [index + 1, root] as const))(
    'has the known root of %i leaves',
    (count, root) => {
      const leaves = ctLeaves.slice(0, count).map((hex) => leafHash(Buffer.from(hex, 'hex')));
      expect(frontierOf(leaves).root().toString('hex')).toBe(root);
      expect(naiveRoot(leaves).toString('hex')).toBe(root);
    },
  );

  it('has the root of the definition at every size', () => {
    const leaves = someLeaves(300);
    const frontier = new MerkleFrontier();
    leaves.forEach((leaf, index) => {
      frontier.append(leaf);
      expect(frontier.root()).toEqual(naiveRoot(leaves.slice(0, index + 1)));
    });
    expect(frontier.size).toBe(300);
  });

  it('goes on from JSON as if it had never stopped, at every size', () => {
    const leaves = someLeaves(70);
    for (let size = 0; size <= 70; size++) {
      const json = JSON.stringify(frontierOf(leaves.slice(0, size)));
      const frontier = MerkleFrontier.fromJSON(JSON.parse(json));
      expect(JSON.stringify(frontier)).toBe(json);
      for (const leaf of leaves.slice(size)) frontier.append(leaf);
      expect(frontier.root()).toEqual(naiveRoot(leaves));
    }
  });

  const hash = 'ab'.repeat(32);
  it.each<[unknown]>([
    [null],
    [7],
    [{}],
    [{ size: -1, hashes: [] }],
    [{ size: 1.5, hashes: [hash] }],
    [{ size: '1', hashes: [hash] }],
    [{ size: 2 ** 53, hashes: [hash] }],
    [{ size: 1, hashes: [] }],
    [{ size: 2, hashes: [hash, hash] }],
    [{ size: 1, hashes: [hash.toUpperCase()] }],
    [{ size: 1, hashes: [hash.slice(2)] }],
    [{ size: 1, hashes: [7] }],
    [{ size: 1, hashes: hash }],
  ])('is not read from %j', (json) => {
    expect(() => MerkleFrontier.fromJSON(json)).toThrow(expect.objectContaining({ name: 'Malformed' }));
  });

  it('takes hashes only, and no more leaves than can be counted', () => {
    expect(() => new MerkleFrontier().append(Buffer.alloc(31))).toThrow('a hash has 32 bytes');
    const size = Number.MAX_SAFE_INTEGER;
    const full = MerkleFrontier.fromJSON({ size, hashes: Array.from({ length: 53 }, () => hash) });
    expect(() => full.append(Buffer.alloc(32))).toThrow('the tree is full');
  });
});

describe('subtreeRoot', () => {
  it.each([1, 2, 4, 64, 256])('over %i hashes is their root, and leaves them alone', (width) => {
    const bytes = Buffer.concat(someLeaves(width));
    expect(subtreeRoot(bytes)).toEqual(naiveRoot(someLeaves(width)));
    expect(bytes).toEqual(Buffer.concat(someLeaves(width)));
  });

  it.each([0, 16, 96, 100])('over %i bytes is refused', (length) => {
    expect(() => subtreeRoot(Buffer.alloc(length))).toThrow(RangeError);
  });
});
