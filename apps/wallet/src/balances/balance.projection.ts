import type { StoredEvent } from '@florin/event-store';
import { decodeEvent, naturalBalance, type LedgerEvent } from '@florin/ledger';
import type { Sql } from '@florin/messaging';
import type { PreparedDatabase } from '@florin/service-host';

type At<Event> = Event & { readonly revision: bigint };
type Of<Type extends LedgerEvent['type']> = At<Extract<LedgerEvent, { type: Type }>>;

/** The name under which the projection of a ledger keeps its place. */
export const projectionName = (ledger: string): string => `balances:${ledger}`;

/** Last revision that the read models hold; -1 before the first. */
export async function projectedRevision(sql: Sql, ledger: string): Promise<bigint> {
  const [row] = (await sql.query('SELECT revision FROM progress WHERE name = $1', [
    projectionName(ledger),
  ])) as {
    revision: string;
  }[];
  return row === undefined ? -1n : BigInt(row.revision);
}

/**
 * Applies a run of ledger events to the read models, with its place in the same transaction: each event counts once, whatever
 * is delivered again. The log has the truth, so a commit may be lost with the machine: it is applied again from the log.
 */
export function projectBalances(database: PreparedDatabase, ledger: string) {
  return (batch: readonly StoredEvent[]): Promise<void> =>
    database.transaction(async (sql) => {
      await sql.query('SET LOCAL synchronous_commit = off');
      const place = await lockPlace(sql, ledger);
      const events = batch
        .filter((stored) => stored.revision > place)
        .map((stored) => ({ ...decodeEvent(stored.type, stored.data), revision: stored.revision }));
      const last = events.at(-1);
      if (last === undefined) return;
      await openAccounts(sql, ledger, ofType(events, 'AccountOpened'));
      await recordEntries(sql, ledger, [
        ...ofType(events, 'EntryPosted'),
        ...ofType(events, 'EntryRejected'),
      ]);
      await applyPostings(sql, ledger, ofType(events, 'EntryPosted'));
      await sql.query('UPDATE progress SET revision = $2 WHERE name = $1', [
        projectionName(ledger),
        last.revision.toString(),
      ]);
    });
}

function ofType<Type extends LedgerEvent['type']>(events: At<LedgerEvent>[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type);
}

async function lockPlace(sql: Sql, ledger: string): Promise<bigint> {
  await sql.query('INSERT INTO progress (name, revision) VALUES ($1, -1) ON CONFLICT DO NOTHING', [
    projectionName(ledger),
  ]);
  const [row] = (await sql.query('SELECT revision FROM progress WHERE name = $1 FOR UPDATE', [
    projectionName(ledger),
  ])) as { revision: string }[];
  if (row === undefined) throw new Error(`the projection of ${ledger} has no place`);
  return BigInt(row.revision);
}

async function openAccounts(sql: Sql, ledger: string, opened: Of<'AccountOpened'>[]): Promise<void> {
  if (opened.length === 0) return;
  await sql.query(
    `INSERT INTO accounts (ledger, account, owner, currency, debit_normal, balance)
     SELECT $1, account, owner, currency, debit_normal, 0
     FROM unnest($2::text[], $3::uuid[], $4::text[], $5::boolean[]) AS o (account, owner, currency, debit_normal)`,
    [
      ledger,
      opened.map((event) => event.id),
      opened.map((event) => event.owner),
      opened.map((event) => event.currency),
      opened.map((event) => naturalBalance(event.class, 1n) > 0n),
    ],
  );
}

async function recordEntries(
  sql: Sql,
  ledger: string,
  entries: (Of<'EntryPosted'> | Of<'EntryRejected'>)[],
): Promise<void> {
  if (entries.length === 0) return;
  await sql.query(
    `INSERT INTO entries (ledger, revision, entry_id, kind, rejection_code, reference, recorded_at)
     SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])`,
    [
      ledger,
      entries.map((event) => event.revision.toString()),
      entries.map((event) => event.entryId),
      entries.map((event) => event.kind),
      entries.map((event) => (event.type === 'EntryRejected' ? event.code : null)),
      entries.map((event) => event.reference),
      entries.map((event) => new Date(event.recordedAt).toISOString()),
    ],
  );
}

/** Postings are kept in the account's own sense: positive raises the balance. */
async function applyPostings(sql: Sql, ledger: string, entries: Of<'EntryPosted'>[]): Promise<void> {
  if (entries.length === 0) return;
  const postings = entries.flatMap(({ revision, postings }) =>
    postings.map((posting) => ({ ...posting, revision })),
  );
  await sql.query(
    `WITH moved AS (
       SELECT a.account, a.balance, p.revision, CASE WHEN a.debit_normal THEN p.amount ELSE -p.amount END AS amount
       FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS p (account, revision, amount)
       JOIN accounts a ON a.ledger = $1 AND a.account = p.account
     ), written AS (
       INSERT INTO postings (ledger, account, revision, amount, balance_after)
       SELECT $1, account, revision, amount, balance + sum(amount) OVER (PARTITION BY account ORDER BY revision)
       FROM moved
     ), totals AS (
       SELECT account, sum(amount) AS amount FROM moved GROUP BY account
     )
     UPDATE accounts SET balance = accounts.balance + totals.amount
     FROM totals WHERE accounts.ledger = $1 AND accounts.account = totals.account`,
    [
      ledger,
      postings.map((posting) => posting.account),
      postings.map((posting) => posting.revision.toString()),
      postings.map((posting) => posting.amount.toString()),
    ],
  );
}
