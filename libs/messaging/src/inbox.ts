import type { CloudEvent } from '@florin/contracts';
import { selectRows, type Sql } from './sql.js';

/** For a service's migrations. */
export const inboxMigrationSql: readonly string[] = [
  `CREATE TABLE inbox (
    consumer text NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, source, event_id)
  )`,
  `CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at)`,
];

const insertFresh = `WITH fresh AS (
    INSERT INTO inbox (consumer, source, event_id)
    SELECT $1, source, event_id FROM unnest($2::text[], $3::text[]) AS arrived (source, event_id)
    ON CONFLICT DO NOTHING
    RETURNING source, event_id
  )
  SELECT source, event_id FROM fresh`;

const deleteOld = `WITH old AS (
    SELECT ctid FROM inbox WHERE handled_at < now() - make_interval(days => $1) LIMIT $2
  ), gone AS (
    DELETE FROM inbox USING old WHERE inbox.ctid = old.ctid RETURNING 1
  )
  SELECT count(*)::int AS count FROM gone`;

/**
 * The events that `consumer` has not handled before, in their order; from the commit of the caller's transaction on
 * they count as handled. Run it in the transaction of the effect, before the effect.
 */
export async function onceOnly<Event extends CloudEvent>(
  sql: Sql,
  consumer: string,
  events: readonly Event[],
): Promise<Event[]> {
  if (events.length === 0) return [];
  const rows = await selectRows<{ source: string; event_id: string }>(sql, insertFresh, [
    consumer,
    events.map(({ source }) => source),
    events.map(({ id }) => id),
  ]);
  const fresh = new Set(rows.map((row) => keyOf(row.source, row.event_id)));
  // Taken out when met: a repetition within the batch is no fresh event.
  return events.filter(({ source, id }) => fresh.delete(keyOf(source, id)));
}

/**
 * Forgets events handled more than `days` ago, at most `limit` of them, and answers how many. Keep them longer than
 * any message can come again: the retention of the topics.
 */
export async function purgeInbox(sql: Sql, days: number, limit = 10_000): Promise<number> {
  const [row] = await selectRows<{ count: number }>(sql, deleteOld, [days, limit]);
  return row?.count ?? 0;
}

function keyOf(source: string, id: string): string {
  return JSON.stringify([source, id]);
}
