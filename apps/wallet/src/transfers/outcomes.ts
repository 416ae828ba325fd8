import { ledgerStream } from '@florin/contracts';
import { eventAt, type EventStore } from '@florin/event-store';
import {
  balanceOf,
  decodeRecord,
  idOf,
  kindOf,
  type CommandWithOutcome,
  type LedgerEvent,
  type LedgerState,
} from '@florin/ledger';
import type { Sql } from '@florin/messaging';
import { isDeepStrictEqual } from 'node:util';

/** What platform callers ask for under an id of theirs. */
export type Asked = Extract<
  CommandWithOutcome,
  { type: 'PostEntry' | 'PlaceHold' | 'ExtendHold' | 'ReleaseHold' }
>;

/** What became of it; the same whenever it is asked, but for `again`. */
export type Outcome =
  | {
      readonly kind: 'done';
      readonly revision: bigint;
      /** Of an entry's accounts in the order of its postings, right after it, in minor units. */
      readonly balances: readonly bigint[];
      readonly again: boolean;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly again: boolean }
  /** The id belongs to something else. */
  | { readonly kind: 'conflict' };

export function accountsOf(asked: Asked): string[] {
  return asked.type === 'PostEntry' ? asked.postings.map(({ account }) => account) : [];
}

export function balancesOf(asked: Asked, state: LedgerState): bigint[] {
  return accountsOf(asked).map((account) => known(balanceOf(state, account), account));
}

interface Deps {
  readonly sql: Sql;
  readonly store: Pick<EventStore, 'read'>;
  /** Waits until the read models hold everything that is in the book. */
  readonly atHead: (ledger: string) => Promise<void>;
}

/** Finds in the log what became of something that was asked for before. Throws what `atHead` and the engines throw. */
export function recordedOutcomes({ sql, store, atHead }: Deps) {
  return async (ledger: string, asked: Asked): Promise<Outcome> => {
    await atHead(ledger);
    const revision = await revisionOf(sql, ledger, idOf(asked));
    const stored = revision === undefined ? undefined : await eventAt(store, ledgerStream(ledger), revision);
    if (revision === undefined || stored === undefined) return { kind: 'conflict' };
    const event = decodeRecord(stored);
    if (event.type === 'EntryRejected') {
      const same = event.kind === kindOf(asked) && event.reference === asked.reference;
      return same ? { kind: 'refused', code: event.code, again: true } : { kind: 'conflict' };
    }
    if (!isOutcomeOf(asked, event)) return { kind: 'conflict' };
    return { kind: 'done', revision, balances: await balancesAt(sql, ledger, revision, asked), again: true };
  };
}

const eventTypes = {
  PostEntry: 'EntryPosted',
  PlaceHold: 'HoldPlaced',
  ExtendHold: 'HoldExtended',
  ReleaseHold: 'HoldReleased',
} as const;

/** Whether an event says what was asked for, in every part. */
export function isOutcomeOf(asked: Asked, event: LedgerEvent): boolean {
  const { type, ...wanted } = asked;
  if (event.type !== eventTypes[type]) return false;
  const { type: _, recordedAt: __, ...recorded } = { ...event };
  if ('effectiveAt' in recorded) delete (recorded as { effectiveAt?: number }).effectiveAt;
  return isDeepStrictEqual(wanted, recorded);
}

async function revisionOf(sql: Sql, ledger: string, id: string): Promise<bigint | undefined> {
  const [row] = (await sql.query(
    `SELECT revision FROM entries WHERE ledger = $1 AND entry_id = $2
     UNION ALL SELECT revision FROM outcomes WHERE ledger = $1 AND command_id = $2`,
    [ledger, id],
  )) as { revision: string }[];
  return row && BigInt(row.revision);
}

async function balancesAt(sql: Sql, ledger: string, revision: bigint, asked: Asked): Promise<bigint[]> {
  const accounts = accountsOf(asked);
  if (accounts.length === 0) return [];
  const rows = (await sql.query(
    `SELECT account, balance_after FROM postings WHERE ledger = $1 AND revision = $2 AND account = ANY($3::text[])`,
    [ledger, revision.toString(), accounts],
  )) as { account: string; balance_after: string }[];
  const balances = new Map(rows.map((row) => [row.account, BigInt(row.balance_after)]));
  return accounts.map((account) => known(balances.get(account), `${account} at revision ${revision}`));
}

/** A balance that has to be there. Throws where it is not: none is made up. */
function known(balance: bigint | undefined, whose: string): bigint {
  if (balance === undefined) throw new Error(`there is no balance of ${whose}`);
  return balance;
}
