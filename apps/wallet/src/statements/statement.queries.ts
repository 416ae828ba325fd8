import type { Sql } from '@florin/messaging';
import type { StatementLine } from '@florin/statements';

/** What the read models have of an account within a span of time. */
export interface AccountSpan {
  readonly opening: bigint;
  readonly closing: bigint;
  /** Revision of the last entry that the closing balance rests on; -1 for none. */
  readonly lastRevision: bigint;
  readonly lines: readonly StatementLine[];
}

export interface SpanQuery {
  readonly ledger: string;
  readonly account: string;
  /** ms since the epoch, inclusive. */
  readonly from: number;
  /** ms since the epoch, exclusive. */
  readonly to: number;
  /** Nothing after this revision: so two queries see the same book, which grows meanwhile. */
  readonly upTo: bigint;
  readonly maxLines: number;
}

/** Lines recorded in a span, with the balances around them; `undefined` where there are more than `maxLines`. */
export async function accountSpan(sql: Sql, query: SpanQuery): Promise<AccountSpan | undefined> {
  const { maxLines, upTo } = query;
  const before = (await revisionAt(sql, query.ledger, query.from)) ?? upTo + 1n;
  const beyond = (await revisionAt(sql, query.ledger, query.to)) ?? upTo + 1n;
  const opening = await balanceBefore(sql, query, least(before, upTo + 1n));
  const closing = await balanceBefore(sql, query, least(beyond, upTo + 1n));
  const lines = await linesBetween(sql, query, before, least(beyond, upTo + 1n));
  if (lines.length > maxLines) return undefined;
  return { opening: opening.balance, closing: closing.balance, lastRevision: closing.revision, lines };
}

/** Revision of the first entry of a book that was recorded at an instant or after it. What a book records never goes back in time. */
async function revisionAt(sql: Sql, ledger: string, ms: number): Promise<bigint | undefined> {
  const rows = (await sql.query(
    `SELECT revision FROM entries WHERE ledger = $1 AND recorded_at >= $2::timestamptz
     ORDER BY recorded_at, revision LIMIT 1`,
    [ledger, new Date(ms).toISOString()],
  )) as { revision: string }[];
  return rows[0] === undefined ? undefined : BigInt(rows[0].revision);
}

async function balanceBefore(
  sql: Sql,
  { ledger, account }: SpanQuery,
  before: bigint,
): Promise<{ balance: bigint; revision: bigint }> {
  const rows = (await sql.query(
    `SELECT balance_after, revision FROM postings WHERE ledger = $1 AND account = $2 AND revision < $3
     ORDER BY revision DESC LIMIT 1`,
    [ledger, account, before.toString()],
  )) as { balance_after: string; revision: string }[];
  const [last] = rows;
  return { balance: BigInt(last?.balance_after ?? 0), revision: BigInt(last?.revision ?? -1) };
}

async function linesBetween(
  sql: Sql,
  { ledger, account, maxLines }: SpanQuery,
  first: bigint,
  before: bigint,
): Promise<StatementLine[]> {
  const rows = (await sql.query(
    `SELECT p.revision, e.entry_id, e.kind, e.reference, p.amount, p.balance_after, e.recorded_at,
            coalesce(e.effective_at, e.recorded_at) AS effective_at, e.reverses
     FROM postings p JOIN entries e ON e.ledger = p.ledger AND e.revision = p.revision
     WHERE p.ledger = $1 AND p.account = $2 AND p.revision >= $3 AND p.revision < $4
     ORDER BY p.revision LIMIT $5`,
    [ledger, account, first.toString(), before.toString(), maxLines + 1],
  )) as {
    revision: string;
    entry_id: string;
    kind: string;
    reference: string;
    amount: string;
    balance_after: string;
    recorded_at: Date;
    effective_at: Date;
    reverses: string | null;
  }[];
  return rows.map((row) => ({
    revision: BigInt(row.revision),
    entryId: row.entry_id,
    kind: row.kind,
    reference: row.reference,
    recordedAt: row.recorded_at.getTime(),
    effectiveAt: row.effective_at.getTime(),
    change: BigInt(row.amount),
    balance: BigInt(row.balance_after),
    ...(row.reverses !== null && { reverses: row.reverses }),
  }));
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
