import { createHash } from 'node:crypto';
import { leafHash } from './merkle.js';
import type { NodeReader } from './merkle-proofs.js';

/** What the specs of this library share; holds no test itself. */

/** The eight leaves that Certificate Transparency tests its trees with, in hex. */
export const ctLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];

/** Roots of the trees over the first one, two … eight of them. */
export const ctRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** Hashes of leaves that differ. */
export const someLeaves = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => leafHash(`leaf ${index}`));

/** The definition of RFC 9162, section 2.1.1, over hashes of leaves, word for word. */
export function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split))];
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** Reads nodes of a tree that is all in memory. */
export function naiveReader(leaves: readonly Buffer[]): NodeReader {
  const nodes = new Map<string, Buffer>();
  return (level, index) => {
    const end = (index + 1) * 2 ** level;
    if (end > leaves.length) throw new Error(`node ${level}/${index} is not complete`);
    const key = `${level}/${index}`;
    const node = nodes.get(key) ?? naiveRoot(leaves.slice(index * 2 ** level, end));
    nodes.set(key, node);
    return node;
  };
}

/** Every way in which one hash of a proof may be changed, dropped, added or moved. */
export function tamperings(proof: readonly Buffer[]): Buffer[][] {
  const other = Buffer.alloc(32, 0xab);
  const flipped = proof.map((hash, at) => proof.with(at, flipBit(hash)));
  const dropped = proof.map((_, at) => proof.toSpliced(at, 1));
  const added = [...proof, other].map((_, at) => proof.toSpliced(at, 0, other));
  const swapped = proof.slice(1).map((hash, at) => proof.with(at, hash).with(at + 1, proof[at] as Buffer));
  return [...flipped, ...dropped, ...added, ...swapped];
}

export function flipBit(bytes: Buffer, at = 0): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
