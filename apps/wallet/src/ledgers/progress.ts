import type { Sql } from '@florin/messaging';

/** Who follows the log of a book and keeps a place in it: the projection of balances, and the publisher to Kafka. */
const followers = ['balances', 'publisher'] as const;
export type Follower = (typeof followers)[number];

/** The name of a follower's place, in SQL; `ledger` is an expression too. */
export function placeName(follower: Follower, ledger: string): string {
  return `'${follower}:' || ${ledger}`;
}

/** Revision of the last event that a follower has taken in; -1 before the first. */
export async function progressOf(sql: Sql, follower: Follower, ledger: string): Promise<bigint> {
  const name = placeName(follower, '$1::text');
  return revisionIn(await sql.query(`SELECT revision FROM progress WHERE name = ${name}`, [ledger]));
}

/** Revision of the last event of a book that any of them has taken in; -1 before the first. */
export async function furthestProgress(sql: Sql, ledger: string): Promise<bigint> {
  const names = followers.map((follower) => placeName(follower, '$1::text')).join(', ');
  return revisionIn(
    await sql.query(`SELECT max(revision) AS revision FROM progress WHERE name IN (${names})`, [ledger]),
  );
}

/** As `progressOf`, and nobody else moves the place before the transaction of `sql` ends. */
export async function lockProgress(sql: Sql, follower: Follower, ledger: string): Promise<bigint> {
  const name = placeName(follower, '$1::text');
  await sql.query(`INSERT INTO progress (name, revision) VALUES (${name}, -1) ON CONFLICT DO NOTHING`, [
    ledger,
  ]);
  return revisionIn(
    await sql.query(`SELECT revision FROM progress WHERE name = ${name} FOR UPDATE`, [ledger]),
  );
}

/** Moves a place forward, never back. */
export async function saveProgress(
  sql: Sql,
  follower: Follower,
  ledger: string,
  revision: bigint,
): Promise<void> {
  await sql.query(
    `INSERT INTO progress (name, revision) VALUES (${placeName(follower, '$1::text')}, $2)
     ON CONFLICT (name) DO UPDATE SET revision = greatest(progress.revision, excluded.revision)`,
    [ledger, revision.toString()],
  );
}

function revisionIn(rows: unknown): bigint {
  const [row] = rows as { revision: string | null }[];
  return BigInt(row?.revision ?? -1);
}
