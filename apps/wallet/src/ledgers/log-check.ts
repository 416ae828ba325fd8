import type { LogCheck } from '@florin/books';
import { ledgerStream } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import type { Sql } from '@florin/messaging';
import { furthestProgress } from './progress.js';

/**
 * The log of a book ends before what was shown or published of it: events that others have acted upon are missing. To go on
 * would decide on balances that are not true, and give their revisions to other events.
 */
export class LogBehind extends Error {
  /** Commands wait and readers are told to come again, as in an outage, until somebody has restored the log. */
  readonly transient = true;
  /** Told by readiness. */
  readonly code = 'LOG_BEHIND';

  constructor(ledger: string, head: bigint, seen: bigint) {
    const found = head < 0n ? `no event of ${ledger}` : `${ledger} up to revision ${head} only`;
    super(
      `The event store has ${found}, but PostgreSQL has taken in revision ${seen}: the event store was emptied, or restored ` +
        `from a backup older than PostgreSQL. Nothing of this book is decided, published or shown until that is mended: ` +
        `restore a backup of the event store in which stream ${ledgerStream(ledger)} reaches revision ${seen}, or take ` +
        `PostgreSQL, of all services, back to the time of the event store. Where no data matters, empty both and Kafka.`,
    );
    this.name = 'LogBehind';
  }
}

/** Throws `LogBehind` when the log of a book lacks what PostgreSQL says was projected or published of it. */
export function logCheck({ store, sql }: { store: Pick<EventStore, 'read'>; sql: Sql }): LogCheck {
  return async (ledger) => {
    // Before the head is: both only grow, so a log that is whole is never behind what was seen of it earlier.
    const seen = await furthestProgress(sql, ledger);
    const head = await headOf(store, ledgerStream(ledger));
    if (head < seen) throw new LogBehind(ledger, head, seen);
  };
}
