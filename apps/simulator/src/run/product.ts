/** What of the product is driven here, and held against the model; its decisions come with it, from the ledger's library. */
export {
  LedgerUnavailable,
  LedgerWriter,
  loadBook,
  replayBook,
  SnapshotKeeper,
  type LedgerWriterOptions,
} from '@florin/books';
