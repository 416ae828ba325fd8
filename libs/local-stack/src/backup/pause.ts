import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const attempts = 20;
const betweenMs = 250;
/** Less than what clients and services wait for an answer. */
const longestPauseMs = 10_000;
/** More than autovacuum needs to give way. */
const lockTimeoutMs = 2_000;
/** SQLSTATE of a lock that was not had in time, and of a deadlock. */
const worthAnother = ['55P03', '40P01'];

/** Nothing new begins while it lasts. */
export interface Pause {
  /** Lets them go on; throws when they went on before, as they do after 10 s. */
  end(): Promise<void>;
}

/**
 * Holds up, in all databases, whatever wants to tell others of something: its row in the outbox waits, and the transaction with it. So there is
 * no payment, person or product that Kafka, the ledger or another database could hear of, and its own could not. What is under way in Kafka
 * and in the ledger goes on.
 */
export async function pauseOutboxes(databaseUrls: readonly string[]): Promise<Pause> {
  const clients = databaseUrls.map((connectionString) => new pg.Client({ connectionString }));
  // The next query tells of it.
  for (const client of clients) client.on('error', () => undefined);
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await lockAll(await withOutbox(clients));
  } catch (error) {
    await endAll(clients);
    throw error;
  }
  return {
    async end() {
      try {
        await Promise.all(clients.map((client) => client.query('COMMIT')));
      } catch (cause) {
        throw new Error('The services waited too long for the backup and went on: take it again.', { cause });
      } finally {
        await endAll(clients);
      }
    },
  };
}

async function withOutbox(clients: readonly pg.Client[]): Promise<pg.Client[]> {
  const found = clients.map(async (client) => {
    const { rows } = await client.query<{ found: boolean }>(
      "SELECT to_regclass('outbox') IS NOT NULL AS found",
    );
    return rows[0]?.found === true ? [client] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Who writes one outbox may wait for somebody who waits for another: then all are let go, and taken again. */
async function lockAll(clients: readonly pg.Client[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const results = await Promise.allSettled(clients.map(lock));
    const failed = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed === undefined) return;
    await Promise.all(clients.map((client) => client.query('ROLLBACK')));
    const { code = '' } = failed.reason as { code?: string };
    if (!worthAnother.includes(code) || attempt >= attempts) throw failed.reason;
    await sleep(betweenMs);
  }
}

async function lock(client: pg.Client): Promise<void> {
  await client.query(
    `BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL transaction_timeout = ${longestPauseMs};
     LOCK TABLE outbox IN SHARE MODE`,
  );
}

async function endAll(clients: readonly pg.Client[]): Promise<void> {
  await Promise.allSettled(clients.map((client) => client.end()));
}
