export { formatCheckpoint, parseCheckpoint, type Checkpoint } from './checkpoint.js';
export type { Hash } from './hash.js';
export { generateKey, isKeyName, SignerKey, VerifierKey, type KeyAlgorithm } from './keys.js';
export * from './ledger-head.js';
export { Malformed } from './malformed.js';
export { emptyRoot, leafHash, MerkleFrontier, nodeHash, subtreeRoot, type FrontierJson } from './merkle.js';
export * from './merkle-proofs.js';
export {
  cosignNote,
  formatNote,
  formatSignature,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  NoteUnverified,
  openNote,
  parseNote,
  parseSignature,
  signNote,
  type Note,
  type NoteSignature,
  type OpenedNote,
  type VerifiedSignature,
} from './note.js';
export * from './liability-proof.js';
export {
  MAX_ACCOUNTS,
  MAX_SUM,
  SumTree,
  verifyLiability,
  type Liability,
  type LiabilityProof,
  type SumNode,
} from './sum-tree.js';
export * from './tiles.js';
export * from './witness.js';
