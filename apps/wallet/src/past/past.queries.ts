import {
  accountAt,
  bookAt,
  isOver,
  LedgerDamaged,
  revisionAt,
  type LogCheck,
  type Point,
} from '@florin/books';
import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, type EventStore } from '@florin/event-store';
import {
  decodeRecord,
  LedgerCorrupt,
  trialBalance,
  type AccountClass,
  type ChainHead,
  type TrialBalance,
} from '@florin/ledger';
import type { Sql } from '@florin/messaging';
import { ProblemError } from '@florin/service-host';
import { pastProblems } from '../problems.js';
import type { PublicKeys } from '../proofs/signing.js';
import { turns } from './turns.js';

/** The point in the history of a book that an answer is about. */
export interface Moment {
  readonly ledger: string;
  readonly revision: bigint;
  /** When that revision was recorded. */
  readonly recordedAt: Date;
  /** Whether something may still be recorded within it: of an instant that is not over yet. */
  readonly provisional: boolean;
}

/** What an account held, in minor units on its natural side. */
export interface PastBalance {
  readonly account: string;
  readonly class: AccountClass;
  readonly currency: string;
  readonly balanceMinor: bigint;
}

interface Deps {
  readonly store: Pick<EventStore, 'read'>;
  readonly sql: Sql;
  /** Of each book of this service: they have signed the snapshots that are believed. */
  readonly keys: ReadonlyMap<string, PublicKeys>;
  readonly checkLog: LogCheck;
  readonly nowMs: () => number;
  /** Told why no snapshot could be used: all that came before was read. */
  readonly onFallback: (ledger: string, reason: Error) => void;
  /** Events of a segment of the snapshots, where it is not theirs by default. */
  readonly segmentEvents?: number;
}

/** Accounts of one answer: each costs a reading of the events since the last snapshot. */
export const maxAccounts = 20;

/** What the service tells of how its books stood, from the log and the snapshots beside it. */
export class PastQueries {
  /** A book is some hundred bytes an account in memory while it is summed. */
  readonly #wholeBooks = turns({ running: 2, waiting: 8 });
  readonly #accounts = turns({ running: 4, waiting: 64 });

  constructor(private readonly deps: Deps) {}

  /**
   * What the accounts of a person in a book held, at its head where no point is given: `limit` of them at most, in the order of
   * their ids, and the id of the last that was looked at where there are more. Throws problems.
   */
  async balances(
    personId: string,
    asked: PageOfAccounts,
    point?: Point,
  ): Promise<{ moment: Moment; items: PastBalance[]; nextCursor: string | null }> {
    const { ledger, limit } = asked;
    return this.#accounts(async () => {
      const moment = await this.#momentOf(ledger, point);
      const own = await accountsOf(this.deps.sql, personId, asked);
      const items: PastBalance[] = [];
      for (const account of own.slice(0, limit)) {
        const found = await accountAt(this.#place(ledger), account, moment.revision).catch(damaged(moment));
        if (found === undefined) continue;
        const { class: accountClass, currency } = found.account;
        items.push({ account, class: accountClass, currency, balanceMinor: found.balance });
      }
      return { moment, items, nextCursor: own.length > limit ? (own[limit - 1] as string) : null };
    });
  }

  /** Debits and credits of a book in one currency, its own unless told. Throws problems. */
  async trialBalance(
    ledger: string,
    currency?: string,
    point?: Point,
  ): Promise<{ moment: Moment; head: ChainHead; sums: TrialBalance }> {
    return this.#wholeBooks(async () => {
      const moment = await this.#momentOf(ledger, point);
      const { state, head, finding } = await bookAt(this.#place(ledger), moment.revision);
      if (finding !== undefined) throw new LedgerDamaged(ledger, finding.revision, finding.detail);
      if (currency !== undefined && currency !== state.currency && !state.assets.has(currency)) {
        throw new ProblemError(
          pastProblems['currency-not-found'],
          `${ledger} had no ${currency} at revision ${moment.revision}.`,
        );
      }
      return { moment, head, sums: trialBalance(state, currency) };
    });
  }

  async #momentOf(ledger: string, point: Point | undefined): Promise<Moment> {
    const { checkLog, nowMs, store } = this.deps;
    const place = this.#place(ledger);
    await checkLog(ledger);
    const stream = ledgerStream(ledger);
    const last = await headOf(store, stream);
    const now = nowMs();
    if (point !== undefined && ('revision' in point ? point.revision > last : point.atMs > now)) {
      throw new ProblemError(
        pastProblems['point-ahead'],
        `The last revision of ${ledger} is ${last}; what comes after it is not known yet.`,
      );
    }
    const revision = point === undefined ? last : await revisionAt(place, point);
    const stored = revision < 0n ? undefined : await eventAt(store, stream, revision);
    if (stored === undefined) {
      throw new ProblemError(pastProblems['point-before-ledger'], `${ledger} had not begun at that time.`);
    }
    const recordedAt = new Date(decodeRecord(stored).recordedAt);
    const isOpen = point !== undefined && 'atMs' in point && !isOver({ from: 0, to: point.atMs }, now);
    return { ledger, revision, recordedAt, provisional: isOpen && revision >= last };
  }

  #place(ledger: string) {
    const { keys, onFallback, segmentEvents, store } = this.deps;
    const known = keys.get(ledger);
    if (known === undefined) {
      throw new ProblemError(pastProblems['ledger-not-found'], `No ledger ${ledger} is kept here.`);
    }
    return {
      ...{ store, ledger, keys: known, onFallback: (reason: Error) => onFallback(ledger, reason) },
      ...(segmentEvents !== undefined && { segmentEvents }),
    };
  }
}

/** Some of a person's accounts in a book: all after `after`, or one. */
export interface PageOfAccounts {
  readonly ledger: string;
  readonly limit: number;
  readonly account?: string | undefined;
  readonly after?: string | undefined;
}

/** One more than asked for, which tells whether there are others. */
async function accountsOf(
  sql: Sql,
  personId: string,
  { ledger, limit, account, after }: PageOfAccounts,
): Promise<string[]> {
  const rows = (await sql.query(
    `SELECT account FROM accounts
     WHERE owner = $1 AND ledger = $2 AND ($3::text IS NULL OR account = $3) AND ($4::text IS NULL OR account > $4)
     ORDER BY account LIMIT $5`,
    [personId, ledger, account ?? null, after ?? null, limit + 1],
  )) as { account: string }[];
  return rows.map((row) => row.account);
}

function damaged({ ledger, revision }: Moment): (error: unknown) => never {
  return (error) => {
    throw error instanceof LedgerCorrupt ? new LedgerDamaged(ledger, revision, error.message) : error;
  };
}
