/** The outcome of a command is not known: the log could not be reached, or another writer was faster. Send it again. */
export class LedgerUnavailable extends Error {
  /** Read by the consumers' retry policy: an outage is waited out. */
  readonly transient = true;

  constructor(ledger: string, cause: Error) {
    super(`ledger ${ledger} is not available: ${cause.message}`, { cause });
    this.name = 'LedgerUnavailable';
  }
}

/** Too many commands wait for their turn: nothing was done. */
export class LedgerBusy extends LedgerUnavailable {
  constructor(ledger: string) {
    super(ledger, new Error('too many commands are waiting'));
    this.name = 'LedgerBusy';
  }
}

/**
 * The stored history of a book is not what a ledger can have written: nothing may be added to it. Its commands wait, as in an
 * outage, until somebody has looked: giving them up would leave their payments without an outcome.
 */
export class LedgerDamaged extends Error {
  readonly transient = true;

  constructor(ledger: string, revision: bigint, detail: string) {
    super(`ledger ${ledger} is damaged at revision ${revision}: ${detail}`);
    this.name = 'LedgerDamaged';
  }
}
