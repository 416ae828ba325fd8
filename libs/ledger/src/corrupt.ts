import type { RejectionCode } from './entry.js';

/** What can be wrong with a stored event: of itself, or because the rules of the book would have refused it. */
export type FindingCode =
  | Exclude<RejectionCode, 'insufficient_funds'>
  | 'revision_gap'
  | 'schema_unknown'
  | 'ledger_foreign'
  | 'chain_broken'
  | 'hash_mismatch'
  | 'id_mismatch'
  | 'event_unknown'
  | 'event_malformed'
  | 'book_not_created'
  | 'book_created_twice'
  | 'clock_backwards'
  | 'account_twice'
  | 'account_invalid'
  | 'entry_id_repeated'
  | 'entry_id_invalid'
  | 'floor_broken'
  | 'supply_differs'
  | 'reversal_differs';

/** A stored event that cannot be trusted. It is never skipped: nothing after it may be read. */
export class LedgerCorrupt extends Error {
  override readonly name = 'LedgerCorrupt';

  constructor(
    readonly code: FindingCode,
    message: string,
  ) {
    super(message);
  }
}
