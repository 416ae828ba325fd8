import { localeSchema, type Locale } from '@florin/contracts';
import { selectRows, type Sql } from '@florin/messaging';
import { z } from 'zod';
import type { NotificationKind } from './payment-text.js';

export interface Notification {
  readonly id: string;
  readonly kind: NotificationKind;
  readonly paymentId: string;
  readonly text: string;
  readonly locale: Locale;
  readonly createdAt: Date;
}

/** A notification at its place in a person's feed; positions count from 1 and only ever grow. */
export interface Placed {
  readonly position: number;
  readonly notification: Notification;
}

export interface NewNotification extends Notification {
  readonly personId: string;
  readonly eventId: string;
  readonly position: number;
}

/** Whose feed, and the position up to which it was read. */
export interface FeedCursor {
  readonly personId: string;
  readonly position: number;
}

/** The channel on which an instance tells the others that feeds have grown. */
export const newsChannel = 'notifications';

/** Remembers the languages of people. The same again changes nothing, so it needs no inbox. */
export async function saveLocales(sql: Sql, locales: ReadonlyMap<string, Locale>): Promise<void> {
  await sql.query(
    `INSERT INTO feeds (person_id, locale)
     SELECT * FROM unnest($1::uuid[], $2::text[]) AS person (id, locale) ORDER BY id
     ON CONFLICT (person_id) DO UPDATE SET locale = excluded.locale`,
    [[...locales.keys()], [...locales.values()]],
  );
}

const advanced = z.array(
  z.object({ personId: z.string(), locale: localeSchema.nullable(), last: z.coerce.number().int() }),
);

/**
 * Makes room for so many notifications in each person's feed, and locks these feeds until the transaction ends. Gives
 * each person's language, where known, and their new last position. Feeds are locked in the order of their ids: two
 * batches cannot wait for each other.
 */
export async function advanceFeeds(
  sql: Sql,
  counts: ReadonlyMap<string, number>,
): Promise<Map<string, { locale: Locale | null; last: number }>> {
  const rows: unknown = await sql.query(
    `INSERT INTO feeds (person_id, last_position)
     SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS news (id, count) ORDER BY id
     ON CONFLICT (person_id) DO UPDATE SET last_position = feeds.last_position + excluded.last_position
     RETURNING person_id AS "personId", locale, last_position AS last`,
    [[...counts.keys()], [...counts.values()]],
  );
  return new Map(advanced.parse(rows).map(({ personId, ...feed }) => [personId, feed]));
}

/** Writes notifications, and wakes the streams of every instance once this is committed. */
export async function insertNotifications(
  sql: Sql,
  notifications: readonly NewNotification[],
): Promise<void> {
  await sql.query(
    `WITH written AS (
       INSERT INTO notifications
         (person_id, position, notification_id, event_id, kind, payment_id, text, locale, created_at)
       SELECT "personId", position, id, "eventId", kind, "paymentId", text, locale, "createdAt"
       FROM jsonb_to_recordset($1::jsonb) AS n ("personId" uuid, position bigint, id uuid, "eventId" text, kind text,
         "paymentId" uuid, text text, locale text, "createdAt" timestamptz)
       ON CONFLICT (event_id, person_id) DO NOTHING
     )
     SELECT pg_notify($2, '')`,
    [JSON.stringify(notifications), newsChannel],
  );
}

/** Where a person's feed ends now. */
export async function lastPosition(sql: Sql, personId: string): Promise<number> {
  const [row] = await selectRows<{ last: string }>(
    sql,
    'SELECT last_position AS last FROM feeds WHERE person_id = $1',
    [personId],
  );
  return Number(row?.last ?? 0);
}

/**
 * For each cursor, the notifications after it, at most `limit`, in their order: one statement however many there are.
 * `cursor` says whose they are, by its index.
 */
export async function notificationsAfter(
  sql: Sql,
  cursors: readonly FeedCursor[],
  limit: number,
): Promise<(Placed & { cursor: number })[]> {
  const rows = await selectRows<Notification & { cursor: string; position: string }>(
    sql,
    `SELECT c.cursor, n.position, n.notification_id AS id, n.kind, n.payment_id AS "paymentId", n.text, n.locale,
       n.created_at AS "createdAt"
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS c (person_id, position, cursor)
     CROSS JOIN LATERAL (
       SELECT * FROM notifications WHERE person_id = c.person_id AND position > c.position ORDER BY position LIMIT $3
     ) n ORDER BY c.cursor, n.position`,
    [cursors.map(({ personId }) => personId), cursors.map(({ position }) => position), limit],
  );
  return rows.map(({ cursor, position, ...notification }) => ({
    cursor: Number(cursor) - 1,
    position: Number(position),
    notification,
  }));
}
