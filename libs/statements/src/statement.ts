import { createHash } from 'node:crypto';

/** One account, in one book. Amounts everywhere are minor units in the account's own sense: positive raises its balance. */
export interface StatementAccount {
  /** Id of the book. */
  readonly ledger: string;
  readonly account: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Minor digits of the currency. */
  readonly exponent: number;
}

/** The time that a statement is of. What was recorded in it is on it, whenever it takes effect. */
export interface StatementPeriod {
  /** A month such as `2026-10`, or the two instants as a person asked for them. */
  readonly label: string;
  /** In ms since the epoch. */
  readonly from: number;
  /** The first instant that is no more in it. */
  readonly to: number;
  /** IANA time zone that its days are counted in. */
  readonly timeZone: string;
}

export interface StatementLine {
  /** Place in the book. */
  readonly revision: bigint;
  readonly entryId: string;
  readonly kind: string;
  /** Opaque id of what led to it, such as a payment's; may be empty. */
  readonly reference: string;
  /** When the book recorded it, in ms since the epoch: its booking date. */
  readonly recordedAt: number;
  /** When it counts, in ms since the epoch: its value date. */
  readonly effectiveAt: number;
  readonly change: bigint;
  /** The account's balance after it. */
  readonly balance: bigint;
  /** Id of the entry that this one undoes. */
  readonly reverses?: string;
}

/** A signed head of the book that covers all that a statement rests on. */
export interface StatementCheckpoint {
  /** The signed note, as it was published. */
  readonly note: string;
  /** SHA-256 of the note's signed text, in lower-case hex. */
  readonly fingerprint: string;
}

/** How many lines raise the balance, or lower it, and by how much (never negative). */
export interface StatementTotal {
  readonly count: number;
  readonly sum: bigint;
}

export interface Statement extends StatementAccount {
  readonly period: StatementPeriod;
  /** Balance before the first line. */
  readonly opening: bigint;
  /** Balance after the last line. */
  readonly closing: bigint;
  readonly lines: readonly StatementLine[];
  readonly credits: StatementTotal;
  readonly debits: StatementTotal;
  /** There while the period is not over: the statement holds what the book had at this revision. */
  readonly provisional?: { readonly revision: bigint };
  readonly checkpoint?: StatementCheckpoint;
  /** Where the proof of it is found. */
  readonly proofUrl?: string;
}

/** The parts of a statement that do not follow from the others. */
export type StatementParts = Omit<Statement, 'credits' | 'debits'>;

/** The parts of a statement that contradict each other. */
export class StatementWrong extends Error {
  override readonly name = 'StatementWrong';
}

/**
 * Puts a statement together, and checks that it adds up: every balance is the one before and the change, the last is the
 * closing balance, lines are in the book's order and recorded within the period. Throws `StatementWrong`.
 */
export function buildStatement(parts: StatementParts): Statement {
  const { period, opening, closing, lines } = parts;
  if (period.from >= period.to) throw new StatementWrong('the period ends before it begins');
  const totals = { credits: { count: 0, sum: 0n }, debits: { count: 0, sum: 0n } };
  let balance = opening;
  let last: StatementLine | undefined;
  for (const line of lines) {
    balance += line.change;
    checkLine(line, { period, balance, last });
    const total = line.change > 0n ? totals.credits : totals.debits;
    total.count += 1;
    total.sum += line.change > 0n ? line.change : -line.change;
    last = line;
  }
  if (balance !== closing) {
    throw new StatementWrong(`the lines lead to ${balance}, but the closing balance is ${closing}`);
  }
  return { ...parts, ...totals };
}

interface Course {
  readonly period: StatementPeriod;
  /** What the balance after the line must be. */
  readonly balance: bigint;
  readonly last: StatementLine | undefined;
}

function checkLine(line: StatementLine, { period, balance, last }: Course): void {
  const { revision, recordedAt } = line;
  const wrong = (what: string): never => {
    throw new StatementWrong(`revision ${revision}: ${what}`);
  };
  if (line.balance !== balance) wrong(`the balance is ${line.balance}, but the lines lead to ${balance}`);
  if (line.change === 0n) wrong('nothing changes');
  if (last !== undefined && revision <= last.revision) wrong(`it follows revision ${last.revision}`);
  if (last !== undefined && recordedAt < last.recordedAt) wrong('it was recorded before the line above it');
  if (recordedAt < period.from || recordedAt >= period.to) wrong('it was not recorded within the period');
}

/**
 * The instant that a statement speaks for, in ms since the epoch: the end of its period, or its last line while that is
 * not over. No clock is asked, so that the same book gives the same bytes whenever and by whomever they are made.
 */
export function statementTime({ lines, period, provisional }: Statement): number {
  return provisional === undefined ? period.to : (lines.at(-1)?.recordedAt ?? period.from);
}

/** Names a statement: 32 hex digits, the same for the same account, period and last line. */
export function statementId({ account, ledger, lines, period }: Statement): string {
  const parts = [ledger, account, period.from, period.to, period.timeZone, String(lines.at(-1)?.revision)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
