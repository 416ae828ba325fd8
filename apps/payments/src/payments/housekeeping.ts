import { purgeInbox, writeOutbox } from '@florin/messaging';
import type { PreparedDatabase } from '@florin/service-host';
import { commandOf } from './payment.events.js';
import { takeOverdue } from './payment.store.js';

interface Deps {
  readonly database: PreparedDatabase;
  readonly onRepeated: (count: number) => void;
  readonly onError: (error: unknown) => void;
}

const everyMs = 60_000;
/** A payment takes well under a second; one that still waits after this has lost its command, or its ledger is away. */
const overdueMs = 300_000;
const maxRepeated = 500;
/** Longer than any topic keeps an event, so longer than it can come again. */
const inboxDays = 15;

/**
 * Repeats the command of payments that wait too long, so that none is left without an outcome: it may have been lost with a broker
 * or given up by a consumer. Entry ids make it safe. Answers how many were repeated.
 */
export async function repeatOverdue(database: PreparedDatabase, olderThanMs = overdueMs): Promise<number> {
  return database.transaction(async (sql) => {
    const overdue = await takeOverdue(sql, olderThanMs, maxRepeated);
    await writeOutbox(
      sql,
      overdue.map((payment) => commandOf(payment)),
    );
    return overdue.length;
  });
}

/** Once a minute: repeats overdue commands and forgets old event ids. Answers how to end it. */
export function keepHouse({ database, onRepeated, onError }: Deps): () => void {
  const round = async (): Promise<void> => {
    const repeated = await repeatOverdue(database);
    if (repeated > 0) onRepeated(repeated);
    await purgeInbox(database, inboxDays);
  };
  const timer = setInterval(() => void round().catch(onError), everyMs);
  return () => clearInterval(timer);
}
