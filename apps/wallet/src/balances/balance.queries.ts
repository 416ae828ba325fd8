import type { Sql } from '@florin/messaging';
import { placeName } from '../ledgers/progress.js';

/** A person's account in one book, in minor units. */
export interface WalletBalance {
  readonly ledger: string;
  readonly account: string;
  readonly currency: string;
  readonly balanceMinor: bigint;
  /** What of it is set aside. */
  readonly heldMinor: bigint;
  /** Which way no money may go: `in`, `out` or `both`. */
  readonly frozen: 'in' | 'out' | 'both' | null;
  readonly closed: boolean;
  /** The ledger revision at which the balance is true. */
  readonly revision: bigint;
}

export interface HistoryItem {
  readonly revision: bigint;
  readonly entryId: string;
  readonly kind: string;
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  readonly recordedAt: Date;
}

/** The wallets of a person, or the one in `ledger`. One statement, so that each balance and its revision belong together. */
export async function walletsOf(sql: Sql, personId: string, ledger?: string): Promise<WalletBalance[]> {
  const rows = (await sql.query(
    `SELECT a.ledger, a.account, a.currency, a.balance, a.held, a.frozen, a.closed, p.revision
     FROM accounts a JOIN progress p ON p.name = ${placeName('balances', 'a.ledger')}
     WHERE a.owner = $1 AND a.account = 'wallet:' || a.owner AND ($2::text IS NULL OR a.ledger = $2) ORDER BY a.ledger`,
    [personId, ledger ?? null],
  )) as {
    ledger: string;
    account: string;
    currency: string;
    balance: string;
    held: string;
    frozen: WalletBalance['frozen'];
    closed: boolean;
    revision: string;
  }[];
  return rows.map((row) => ({
    ledger: row.ledger,
    account: row.account,
    currency: row.currency,
    balanceMinor: BigInt(row.balance),
    heldMinor: BigInt(row.held),
    frozen: row.frozen,
    closed: row.closed,
    revision: BigInt(row.revision),
  }));
}

/** What moved on an account, newest first, before a revision where one is given. */
export async function historyOf(
  sql: Sql,
  account: { ledger: string; account: string },
  page: { limit: number; before?: number | undefined },
): Promise<HistoryItem[]> {
  const rows = (await sql.query(
    `SELECT p.revision, e.entry_id, e.kind, e.reference, p.amount, p.balance_after, e.recorded_at
     FROM postings p JOIN entries e ON e.ledger = p.ledger AND e.revision = p.revision
     WHERE p.ledger = $1 AND p.account = $2 AND ($3::bigint IS NULL OR p.revision < $3)
     ORDER BY p.revision DESC LIMIT $4`,
    [account.ledger, account.account, page.before ?? null, page.limit],
  )) as {
    revision: string;
    entry_id: string;
    kind: string;
    reference: string;
    amount: string;
    balance_after: string;
    recorded_at: Date;
  }[];
  return rows.map((row) => ({
    revision: BigInt(row.revision),
    entryId: row.entry_id,
    kind: row.kind,
    reference: row.reference,
    amountMinor: BigInt(row.amount),
    balanceAfterMinor: BigInt(row.balance_after),
    recordedAt: row.recorded_at,
  }));
}
