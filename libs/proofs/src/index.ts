export type { Hash } from './hash.js';
export { Malformed } from './malformed.js';
export { emptyRoot, leafHash, MerkleFrontier, nodeHash, subtreeRoot, type FrontierJson } from './merkle.js';
export * from './merkle-proofs.js';
export * from './tiles.js';
