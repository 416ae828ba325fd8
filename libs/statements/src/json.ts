import { datesIn, type ZoneDates } from './dates.js';
import type { Statement, StatementLine, StatementTotal } from './statement.js';

/**
 * A statement as JSON: amounts are integers in minor units, sums of them the same as decimal text, instants in UTC, dates in the period's time zone. Throws
 * `RangeError` where an amount is beyond the integers that JSON readers keep exact (2^53 - 1).
 */
export function statementJson(statement: Statement): string {
  const { account, checkpoint, currency, exponent, ledger, period, proofUrl, provisional } = statement;
  const dates = datesIn(period.timeZone);
  const body = {
    ledger,
    account,
    currency,
    exponent,
    period: { ...period, from: instant(period.from), to: instant(period.to) },
    provisional: provisional === undefined ? null : { revision: exact(provisional.revision) },
    opening: exact(statement.opening),
    closing: exact(statement.closing),
    credits: totalJson(statement.credits),
    debits: totalJson(statement.debits),
    lines: statement.lines.map((line) => lineJson(line, dates)),
    checkpoint: checkpoint ?? null,
    proofUrl: proofUrl ?? null,
  };
  return `${JSON.stringify(body)}\n`;
}

function lineJson(line: StatementLine, dates: ZoneDates): object {
  return {
    revision: exact(line.revision),
    entryId: line.entryId,
    kind: line.kind,
    reference: line.reference,
    recordedAt: instant(line.recordedAt),
    effectiveAt: instant(line.effectiveAt),
    bookingDate: dates.day(line.recordedAt),
    valueDate: dates.day(line.effectiveAt),
    change: exact(line.change),
    balance: exact(line.balance),
    reverses: line.reverses ?? null,
  };
}

function totalJson({ count, sum }: StatementTotal): object {
  return { count, sum: sum.toString() };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large to be exact in JSON`);
  return number;
}
