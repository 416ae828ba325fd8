/** What can be wrong with a stored event. */
export type FindingCode =
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
  | 'account_unknown'
  | 'currency_mismatch'
  | 'entry_invalid'
  | 'entry_id_repeated'
  | 'entry_id_invalid'
  | 'floor_broken';

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
