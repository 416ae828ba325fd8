import type { StoredEvent } from '@florin/event-store';
import { decodeRecord, naturalBalance, outcomeId, type LedgerEvent } from '@florin/ledger';
import type { Sql } from '@florin/messaging';
import type { PreparedDatabase } from '@florin/service-host';
import { lockProgress, saveProgress } from '../ledgers/progress.js';
import { applyHolds, applyStates } from './hold.projection.js';

type At<Event> = Event & { readonly revision: bigint };
type Of<Type extends LedgerEvent['type']> = At<Extract<LedgerEvent, { type: Type }>>;

/**
 * Applies a run of ledger events to the read models, with its place in the same transaction: each event counts once, whatever
 * is delivered again. The log has the truth, so a commit may be lost with the machine: it is applied again from the log.
 */
export function projectBalances(database: PreparedDatabase, ledger: string) {
  return (batch: readonly StoredEvent[]): Promise<void> =>
    database.transaction(async (sql) => {
      await sql.query('SET LOCAL synchronous_commit = off');
      const place = await lockProgress(sql, 'balances', ledger);
      const events = batch
        .filter((stored) => stored.revision > place)
        .map((stored) => ({ ...decodeRecord(stored), revision: stored.revision }));
      const last = events.at(-1);
      if (last === undefined) return;
      await openAccounts(sql, ledger, ofType(events, 'AccountOpened'));
      await recordEntries(sql, ledger, [
        ...ofType(events, 'EntryPosted'),
        ...ofType(events, 'EntryRejected'),
      ]);
      await applyPostings(sql, ledger, ofType(events, 'EntryPosted'));
      await recordOutcomes(sql, ledger, events);
      await applyHolds(sql, ledger, events);
      await applyStates(sql, ledger, events);
      await saveProgress(sql, 'balances', ledger, last.revision);
    });
}

function ofType<Type extends LedgerEvent['type']>(events: At<LedgerEvent>[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type);
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
    `INSERT INTO entries (ledger, revision, entry_id, kind, rejection_code, reference, recorded_at, effective_at, reverses)
     SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                              $8::timestamptz[], $9::uuid[])`,
    [
      ledger,
      entries.map((event) => event.revision.toString()),
      entries.map((event) => event.entryId),
      entries.map((event) => event.kind),
      entries.map((event) => (event.type === 'EntryRejected' ? event.code : null)),
      entries.map((event) => event.reference),
      entries.map((event) => new Date(event.recordedAt).toISOString()),
      entries.map((event) =>
        event.type === 'EntryPosted' ? new Date(event.effectiveAt).toISOString() : null,
      ),
      entries.map((event) => (event.type === 'EntryPosted' ? (event.reverses?.entryId ?? null) : null)),
    ],
  );
}

/** Of commands that are no entries. */
async function recordOutcomes(sql: Sql, ledger: string, events: At<LedgerEvent>[]): Promise<void> {
  const outcomes = events.flatMap((event) => {
    const id = event.type === 'EntryPosted' || event.type === 'EntryRejected' ? undefined : outcomeId(event);
    return id === undefined ? [] : [{ id, revision: event.revision.toString() }];
  });
  if (outcomes.length === 0) return;
  await sql.query(
    `INSERT INTO outcomes (ledger, command_id, revision)
     SELECT $1, * FROM unnest($2::uuid[], $3::bigint[])`,
    [ledger, outcomes.map(({ id }) => id), outcomes.map(({ revision }) => revision)],
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
