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
