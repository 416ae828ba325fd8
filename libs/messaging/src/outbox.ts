import type { CloudEvent } from '@florin/contracts';
import { outgoingMessage } from './publisher.js';
import type { Sql } from './sql.js';

/**
 * For a service's migrations. Rows live for milliseconds, so vacuum looks in after every few thousand of them
 * rather than after a fifth of the table.
 */
export const outboxMigrationSql: readonly string[] = [
  `CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition_key text NOT NULL,
    event_id text NOT NULL,
    headers jsonb NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
];

/** Columns of the rows: topics, partition keys, event ids, headers (JSON), payloads (JSON). */
export type OutboxColumns = [
  topics: string[],
  keys: string[],
  ids: string[],
  headers: string[],
  payloads: string[],
];

/**
 * `INSERT INTO outbox …` for `outboxColumns`, whose five arrays are the parameters from `$first` on. To be run as it
 * is, or as one part of a statement: `WITH payment AS (INSERT …), _ AS (${insertOutboxSql(9)}) SELECT …`. With `of`, a
 * query for ids, a sixth array has the id (a UUID) that each event belongs to, and only events of those ids are stored.
 */
export function insertOutboxSql(first: number, of?: string): string {
  const [topics, keys, ids, headers, payloads, owners] = [0, 1, 2, 3, 4, 5].map(
    (place) => `$${first + place}`,
  );
  return `INSERT INTO outbox (topic, partition_key, event_id, headers, payload)
    SELECT topic, partition_key, event_id, headers, payload
    FROM unnest(${topics}::text[], ${keys}::text[], ${ids}::text[], ${headers}::jsonb[], ${payloads}::text[]${of ? `, ${owners}::uuid[]` : ''})
      WITH ORDINALITY AS added (topic, partition_key, event_id, headers, payload${of ? ', owner' : ''}, place)
    ${of ? `WHERE owner IN (${of})` : ''} ORDER BY place`;
}

/** The events as parameters of `insertOutboxSql`, with the trace they belong to (their own, else the active one). */
export function outboxColumns(events: readonly CloudEvent[]): OutboxColumns {
  const columns: OutboxColumns = [[], [], [], [], []];
  const [topics, keys, ids, headers, payloads] = columns;
  for (const event of events) {
    const message = outgoingMessage(event);
    topics.push(message.topic);
    keys.push(message.key);
    ids.push(event.id);
    headers.push(JSON.stringify(message.headers));
    payloads.push(message.value);
  }
  return columns;
}

/**
 * Stores events to be published, in the transaction that `sql` is in: they are published if it commits, in this
 * order for each partition key. Wake the relay after the commit.
 */
export async function writeOutbox(sql: Sql, events: readonly CloudEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql.query(insertOutboxSql(1), outboxColumns(events));
}
