import { MAX_APPEND_WEIGHT, weightOf, type LedgerWriter } from '@florin/books';
import type { PostEntry } from '@florin/ledger';
import { ProblemError } from '@florin/service-host';
import type { Answer } from '../owners/forward.js';
import { ledgerProblems } from '../problems.js';
import type { Desk } from './desk.js';
import { accountsOf, type Outcome } from './outcomes.js';
import { toPostEntry, type TransferDto } from './transfer.dto.js';

/** A book as platform callers use it. */
export interface PlatformBook {
  readonly ledger: string;
  readonly writer: Pick<LedgerWriter, 'decideEach' | 'look'>;
  readonly desk: Pick<Desk, 'ask' | 'askEach' | 'askAll'>;
  /** Opens the source of test money; false where there is none. */
  readonly testMoney: () => boolean;
}

/** Posts one transfer. Throws a problem where it is refused. */
export async function postTransfer(book: PlatformBook, transfer: TransferDto): Promise<Answer> {
  const entry = toPostEntry(transfer);
  const outcome = isAllowed(book, entry) ? await book.desk.ask(entry) : testMoneyOff;
  return answerEntry(book.ledger, entry, outcome);
}

/** The answer to one entry of two accounts; throws a problem where it was not posted. */
export function answerEntry(ledger: string, entry: PostEntry, outcome: Outcome): Answer {
  if (outcome.kind !== 'done') throw problemOf(ledger, entry.entryId, outcome);
  const { entryId, currency, postings } = entry;
  // Written by hand, for it is done thousands of times a second: none of these texts has a character to escape.
  const body =
    `{"id":"${entryId}","ledger":"${ledger}","revision":${outcome.revision},` +
    `"amount":${postings[0]?.amount ?? 0n},"currency":"${currency}",${balancesText(entry, outcome.balances)}}`;
  return { status: outcome.again ? 200 : 201, body };
}

/** Posts each transfer for itself. */
export async function postTransfers(book: PlatformBook, transfers: readonly TransferDto[]): Promise<Answer> {
  const entries = transfers.map(toPostEntry);
  const allowed = entries.filter((entry) => isAllowed(book, entry));
  const decided = await book.desk.askEach(allowed);
  const outcomes =
    allowed.length === entries.length
      ? decided
      : entries.map((entry) => decided[allowed.indexOf(entry)] ?? testMoneyOff);
  return answerBatch(book.ledger, entries, outcomes);
}

/** Posts all transfers or none. Throws a problem where one of them is refused. */
export async function postAllTransfers(
  book: PlatformBook,
  transfers: readonly TransferDto[],
): Promise<Answer> {
  const entries = transfers.map(toPostEntry);
  if (entries.reduce((total, entry) => total + weightOf(entry), 0) > MAX_APPEND_WEIGHT) {
    throw new ProblemError(
      ledgerProblems['batch-too-large'],
      'So many transfers with metadata cannot be recorded at once: send at most 666 of them.',
    );
  }
  const allowed = entries.every((entry) => isAllowed(book, entry));
  if (!allowed) throw problemOf(book.ledger, undefined, testMoneyOff);
  const { taken, outcomes } = await book.desk.askAll(entries);
  if (taken) return answerBatch(book.ledger, entries, outcomes);
  const errors = outcomes.flatMap((outcome, n) =>
    outcome === undefined || outcome.kind === 'done'
      ? []
      : [{ pointer: `/transfers/${n}`, id: entries[n]?.entryId, code: codeOf(outcome) }],
  );
  throw new ProblemError(
    ledgerProblems['batch-refused'],
    'Nothing of the batch was done, and its ids may be used again: not all of it is possible.',
    { errors: errors.slice(0, 20) },
  );
}

/** The problem of what was not done. */
export function problemOf(
  ledger: string,
  id: string | undefined,
  outcome: Exclude<Outcome, { kind: 'done' }>,
): ProblemError {
  const about = { ledger, ...(id !== undefined && { id }) };
  if (outcome.kind === 'conflict') {
    return new ProblemError(
      ledgerProblems['id-reused'],
      'Something else was asked for under this id; take another for what you want now.',
      about,
    );
  }
  return new ProblemError(
    ledgerProblems['ledger-refused'],
    `The ledger refused it (${outcome.code}), and nothing happened.`,
    { ...about, code: outcome.code },
  );
}

const testMoneyOff = { kind: 'refused', code: 'test_money_off', again: false } as const;

function isAllowed(book: PlatformBook, { kind }: PostEntry): boolean {
  return kind !== 'test-funding' || book.testMoney();
}

function answerBatch(ledger: string, entries: readonly PostEntry[], outcomes: readonly Outcome[]): Answer {
  let posted = 0;
  let body = '';
  entries.forEach((entry, n) => {
    const outcome = outcomes[n] as Outcome;
    if (outcome.kind === 'done') posted += 1;
    body += `${n === 0 ? '' : ','}{"id":"${entry.entryId}",${outcomeText(entry, outcome)}}`;
  });
  return { status: 200, body: `{"ledger":"${ledger}","posted":${posted},"outcomes":[${body}]}` };
}

function outcomeText(entry: PostEntry, outcome: Outcome): string {
  if (outcome.kind === 'conflict') return '"outcome":"id-reused"';
  if (outcome.kind === 'refused') return `"outcome":"refused","code":"${outcome.code}"`;
  const { revision, again, balances } = outcome;
  return `"outcome":"posted","again":${again},"revision":${revision},${balancesText(entry, balances)}`;
}

function balancesText(entry: PostEntry, balances: readonly bigint[]): string {
  const [from, to] = accountsOf(entry);
  return (
    `"from":{"account":"${from ?? ''}","balance":${balances[0] ?? 0n}},` +
    `"to":{"account":"${to ?? ''}","balance":${balances[1] ?? 0n}}`
  );
}

function codeOf(outcome: Exclude<Outcome, { kind: 'done' }>): string {
  return outcome.kind === 'refused' ? outcome.code : 'id_reused';
}
