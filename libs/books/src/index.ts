export { loadBook, replayBook, type LoadedBook, type LoadOptions } from './load.js';
export {
  accountAt,
  accountHistory,
  bookAt,
  revisionAt,
  type AccountAt,
  type AccountEntry,
  type AccountHistory,
  type Point,
} from './point-in-time.js';
export { SnapshotReader, type Snapshot } from './snapshots/reader.js';
export { SEGMENT_EVENTS, SnapshotUnusable } from './snapshots/record.js';
export { NO_SNAPSHOT, SnapshotWriter, type SnapshotPlace } from './snapshots/writer.js';
export { exportBook, type ExportPage, type ExportProgress, type ExportRange } from './export/export-book.js';
export { exportToFile, type ExportedFile, type ExportFileOptions } from './export/export-file.js';
export { ExportFault, ExportImpossible, type ExportFaultCode } from './export/fault.js';
export {
  verifyExport,
  type ExportFinding,
  type ExportReport,
  type VerifyOptions,
} from './export/verify-export.js';
