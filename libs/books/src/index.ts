export { loadBook, replayBook, type LoadedBook, type LoadOptions } from './load.js';
export {
  accountAt,
  accountHistory,
  bookAt,
  revisionAt,
  TooManyEntries,
  type AccountAt,
  type AccountEntry,
  type AccountHistory,
  type Point,
} from './point-in-time.js';
export { SnapshotKeeper, type SnapshotKeeperOptions } from './snapshots/keeper.js';
export { SnapshotReader, type Snapshot } from './snapshots/reader.js';
export { SEGMENT_EVENTS, SnapshotUnusable } from './snapshots/record.js';
export { exportBook, type ExportPage, type ExportProgress, type ExportRange } from './export/export-book.js';
export { exportToFile, type ExportedFile, type ExportFileOptions } from './export/export-file.js';
export { ExportFault, ExportImpossible, type ExportFaultCode } from './export/fault.js';
export {
  verifyExport,
  type ExportFinding,
  type ExportReport,
  type VerifyOptions,
} from './export/verify-export.js';
export { checkLiability, liabilityDocumentSchema, type LiabilityDocument } from './liabilities/document.js';
export type { OwedOptions } from './liabilities/owed-heads.js';
export { LiabilityProver, ProverBusy, type ProverOptions } from './liabilities/prover.js';
export { liabilitiesOf } from './liabilities/owed.js';
export { liabilitiesTree } from './liabilities/tree.js';
export { BookTree } from './notary/book-tree.js';
export {
  allCheckpoints,
  appendCheckpoint,
  checkpointStream,
  checkpointWithin,
  latestCheckpoint,
  ledgerOrigin,
  openCheckpoint,
  owedWithin,
  readCheckpoints,
  signCheckpoint,
  type CheckpointsPage,
  type KeyUse,
  type OpenedCheckpoint,
  type StoredCheckpoint,
} from './notary/checkpoints.js';
export { eventProof, eventProofFault, eventProofSchema, type EventProof } from './notary/document.js';
export { Notary, type NotaryOptions } from './notary/notary.js';
export { NotaryRefusal } from './notary/refusal.js';
export { nodesOf } from './notary/nodes.js';
export { parseTilePath, tileHashes, type TilePlace } from './notary/public-tiles.js';
export { proveConsistency, proveInclusion } from './notary/prove.js';
export { compareTiles, TileDiffers, tileStream, type FullTile } from './notary/tiles.js';
export { statementEvidence, type StatementEvidence, type StatementGround } from './statements/evidence.js';
export { isOver, monthPeriod, spanPeriod } from './statements/period.js';
export { LedgerWriter, type LedgerWriterOptions, type LogCheck } from './writer/ledger-writer.js';
export { LedgerBusy, LedgerDamaged, LedgerUnavailable } from './writer/refusals.js';
export { MAX_APPEND_WEIGHT, weightOf, type AllOrNothing, type See } from './writer/waiting.js';
export { askWitness, NotCosigned, type NotCosignedCode, type Witness } from './witnesses/ask-witness.js';
export {
  allCosigned,
  cosignatureStream,
  cosignersOf,
  headToProve,
  latestCosigned,
  withCosignatures,
  type CosignedCheckpoint,
} from './witnesses/cosignatures.js';
export { Cosigner, type CosignerOptions } from './witnesses/cosigner.js';
