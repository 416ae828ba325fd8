import { isOver, statementEvidence } from '@florin/books';
import { marketOfLedger } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { Sql } from '@florin/messaging';
import { ProblemError } from '@florin/service-host';
import { buildStatement, type Statement, type StatementPeriod } from '@florin/statements';
import type { WalletBalance } from '../balances/balance.queries.js';
import { walletProblems } from '../problems.js';
import { accountSpan } from './statement.queries.js';

interface Deps {
  readonly sql: Sql;
  readonly store: Pick<EventStore, 'read'>;
  /** Where people reach the public API. */
  readonly publicUrl: string | undefined;
  readonly nowMs: () => number;
}

/** Makes the statement of a wallet, of `maxLines` at most, as its book is at the wallet's revision. Throws problems. */
export type StatementHandler = (
  wallet: WalletBalance,
  period: StatementPeriod,
  maxLines: number,
) => Promise<Statement>;

export function statementHandler({ sql, store, publicUrl, nowMs }: Deps): StatementHandler {
  return async (wallet, period, maxLines) => {
    const { account, currency, ledger, revision } = wallet;
    const now = nowMs();
    if (period.from > now) {
      throw new ProblemError(walletProblems['statement-not-begun'], 'There is no statement of the future.');
    }
    const { from, to } = period;
    const span = await accountSpan(sql, { ledger, account, from, to, upTo: revision, maxLines });
    if (span === undefined) {
      throw new ProblemError(
        walletProblems['statement-too-long'],
        `More than ${maxLines} lines; ask for a shorter time with from= and to=.`,
      );
    }
    const { closing, lastRevision, lines, opening } = span;
    const evidence = await statementEvidence(
      { store, ledger, publicUrl },
      { lastRevision, lastEntryId: lines.at(-1)?.entryId },
    );
    const { exponent } = marketOfLedger(ledger) ?? unknownBook(ledger);
    return buildStatement({
      ...{ ledger, account, currency, exponent, period, opening, closing, lines },
      ...(!isOver(period, now) && { provisional: { revision } }),
      ...evidence,
    });
  };
}

function unknownBook(ledger: string): never {
  throw new Error(`${ledger} is the book of no market`);
}
