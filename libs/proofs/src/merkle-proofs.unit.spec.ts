import { ctLeaves, flipBit, naiveReader, naiveRoot, someLeaves, tamperings } from './given.spec.js';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './merkle-proofs.js';
import { emptyRoot, leafHash } from './merkle.js';

const largest = 130;
const leaves = someLeaves(largest);
const read = naiveReader(leaves);
const roots = Array.from({ length: largest + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)));
const leafAt = (index: number): Buffer => leaves[index] as Buffer;
const rootAt = (size: number): Buffer => roots[size] as Buffer;

/** PATH(m, D[n]) of RFC 9162, section 2.1.3.1, word for word, for the leaves [from, to). */
function naivePath(index: number, from: number, to: number): Buffer[] {
  if (to - from === 1) return [];
  const middle = from + splitOf(to - from);
  return index < middle
    ? [...naivePath(index, from, middle), rootOf(middle, to)]
    : [...naivePath(index, middle, to), rootOf(from, middle)];
}

/** SUBPROOF(m, D[n], b) of RFC 9162, section 2.1.4.1, word for word, for the leaves [from, to). */
function naiveSubproof(size: number, from: number, to: number, whole: boolean): Buffer[] {
  if (size === to) return whole ? [] : [rootOf(from, to)];
  const middle = from + splitOf(to - from);
  return size <= middle
    ? [...naiveSubproof(size, from, middle, whole), rootOf(middle, to)]
    : [...naiveSubproof(size, middle, to, false), rootOf(from, middle)];
}

function splitOf(width: number): number {
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

const known = new Map<string, Buffer>();
function rootOf(from: number, to: number): Buffer {
  const key = `${from}-${to}`;
  const root = known.get(key) ?? naiveRoot(leaves.slice(from, to));
  known.set(key, root);
  return root;
}

const hex = (proof: readonly Buffer[]): string[] => proof.map((hash) => hash.toString('hex'));

describe('a proof of inclusion', () => {
  it('is the one of the definition and verifies, for every leaf of every tree', async () => {
    for (let size = 1; size <= largest; size++) {
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, read);
        expect(hex(proof)).toEqual(hex(naivePath(index, 0, size)));
        expect(verifyInclusion(index, size, leafAt(index), proof, rootAt(size))).toBe(true);
      }
    }
  });

  it('fails with any hash flipped, dropped, added or moved', async () => {
    for (const size of [1, 2, 3, 7, 8, 9, 31, 64, 65, 100]) {
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, size, read);
        const accepted = tamperings(proof).filter((wrong) =>
          verifyInclusion(index, size, leafAt(index), wrong, rootAt(size)),
        );
        expect(accepted).toEqual([]);
      }
    }
  });

  it('fails for another leaf, another root, another index', async () => {
    const size = 37;
    for (let index = 0; index < size; index++) {
      const proof = await inclusionProof(index, size, read);
      expect(verifyInclusion(index, size, flipBit(leafAt(index)), proof, rootAt(size))).toBe(false);
      expect(verifyInclusion(index, size, leafAt(index), proof, flipBit(rootAt(size), 31))).toBe(false);
      for (let wrong = 0; wrong < size + 3; wrong++) {
        if (wrong === index) continue;
        expect(verifyInclusion(wrong, size, leafAt(index), proof, rootAt(size))).toBe(false);
      }
    }
  });

  it('fails for a size that would give the path another shape', async () => {
    const proof = await inclusionProof(36, 37, read);
    for (const wrong of [36, 38, 63, 64, 65, 127]) {
      expect(verifyInclusion(36, wrong, leafAt(36), proof, rootAt(37))).toBe(false);
    }
  });

  it('is never an error, whatever is handed over', () => {
    const hash = leafAt(0);
    const garbage: unknown[] = [undefined, null, -1, 0.5, NaN, 2 ** 53, '1', 1n, {}, [], [null], [[]], hash];
    for (const one of garbage) {
      for (const two of garbage) {
        expect(verifyInclusion(one as number, 2, hash, two as Buffer[], hash)).toBe(false);
        expect(verifyInclusion(0, one as number, hash, [], two as Buffer)).toBe(false);
        expect(verifyInclusion(0, 1, one as Buffer, [], two as Buffer)).toBe(one === hash && two === hash);
      }
    }
    expect(verifyInclusion(0, 1, hash.subarray(1), [], hash.subarray(1))).toBe(false);
    const endless = Array.from({ length: 65 }, () => hash);
    expect(verifyInclusion(0, Number.MAX_SAFE_INTEGER, hash, endless, hash)).toBe(false);
  });

  it.each([
    [0, 0],
    [5, 5],
    [-1, 5],
    [0.5, 5],
    [0, 2 ** 53],
  ])('is not made for leaf %d of %d', async (index, size) => {
    await expect(inclusionProof(index, size, read)).rejects.toThrow(RangeError);
  });

  it('of a known tree has the known hashes', async () => {
    const eight = ctLeaves.map((data) => leafHash(Buffer.from(data, 'hex')));
    const proof = await inclusionProof(5, 8, naiveReader(eight));
    expect(hex(proof)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });
});

describe('a proof of consistency', () => {
  it('is the one of the definition and verifies, for every pair of trees', async () => {
    for (let to = 1; to <= largest; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = await consistencyProof(from, to, read);
        expect(hex(proof)).toEqual(hex(naiveSubproof(from, 0, to, true)));
        expect(verifyConsistency(from, to, rootAt(from), rootAt(to), proof)).toBe(true);
      }
    }
  });

  it('fails with any hash flipped, dropped, added or moved', async () => {
    for (const to of [1, 2, 3, 7, 8, 9, 31, 64, 65]) {
      for (let from = 0; from <= to; from++) {
        const proof = await consistencyProof(from, to, read);
        const accepted = tamperings(proof).filter((wrong) =>
          verifyConsistency(from, to, rootAt(from), rootAt(to), wrong),
        );
        expect(accepted).toEqual([]);
      }
    }
  });

  it('fails for another root on either side, and for another size of the old tree', async () => {
    const to = 41;
    for (let from = 1; from < to; from++) {
      const proof = await consistencyProof(from, to, read);
      expect(verifyConsistency(from, to, flipBit(rootAt(from)), rootAt(to), proof)).toBe(false);
      expect(verifyConsistency(from, to, rootAt(from), flipBit(rootAt(to)), proof)).toBe(false);
      for (let wrong = 0; wrong <= to; wrong++) {
        if (wrong === from) continue;
        expect(verifyConsistency(wrong, to, rootAt(from), rootAt(to), proof)).toBe(false);
      }
    }
  });

  it('of nothing, and of a tree with itself, is empty', async () => {
    expect(await consistencyProof(0, 9, read)).toEqual([]);
    expect(await consistencyProof(9, 9, read)).toEqual([]);
    expect(verifyConsistency(0, 9, emptyRoot, rootAt(9), [])).toBe(true);
    expect(verifyConsistency(0, 0, emptyRoot, emptyRoot, [])).toBe(true);
    expect(verifyConsistency(0, 9, rootAt(1), rootAt(9), [])).toBe(false);
    expect(verifyConsistency(9, 9, rootAt(9), rootAt(8), [])).toBe(false);
    expect(verifyConsistency(8, 9, rootAt(8), rootAt(9), [])).toBe(false);
  });

  it('is never an error, whatever is handed over', () => {
    const hash = leafAt(0);
    const garbage: unknown[] = [undefined, null, -1, 0.5, NaN, 2 ** 53, '1', 1n, {}, [], [null], [[]], hash];
    for (const one of garbage) {
      for (const two of garbage) {
        expect(verifyConsistency(one as number, 9, hash, hash, two as Buffer[])).toBe(false);
        expect(verifyConsistency(3, one as number, hash, hash, two as Buffer[])).toBe(false);
        expect(verifyConsistency(3, 9, one as Buffer, two as Buffer, [])).toBe(false);
      }
    }
    const endless = Array.from({ length: 65 }, () => hash);
    expect(verifyConsistency(3, Number.MAX_SAFE_INTEGER, hash, hash, endless)).toBe(false);
    expect(verifyConsistency(2 ** 52 + 1, Number.MAX_SAFE_INTEGER, hash, hash, [hash])).toBe(false);
  });

  it('is not made backwards', async () => {
    await expect(consistencyProof(9, 8, read)).rejects.toThrow(RangeError);
    await expect(consistencyProof(-1, 8, read)).rejects.toThrow(RangeError);
  });
});
