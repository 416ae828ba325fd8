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
  const { entryId, currency } = entry;
  // Written by hand, for it is done thousands of times a second: none of these texts has a character to escape.
  const body =
    `{"id":"${entryId}","ledger":"${ledger}","revision":${outcome.revision},` +
    `"amount":${debitOf(entry)},"currency":"${currency}",${balancesText(entry, outcome.balances)}}`;
  return { status: outcome.again ? 200 : 201, body };
}

/** Posts each transfer for itself. */
export async function postTransfers(book: PlatformBook, transfers: readonly TransferDto[]): Promise<Answer> {
  const entries = transfers.map(toPostEntry);
  const allowed = entries.map((entry) => isAllowed(book, entry));
  const decided = (await book.desk.askEach(entries.filter((_, n) => allowed[n]))).values();
  const outcomes = allowed.map((one) => (one ? decided.next().value : testMoneyOff));
  return answerBatch(book.ledger, entries, outcomes);
}

/** Posts all transfers or none. Throws a problem where one of them is refused, or done before and another is not. */
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
    outcome === undefined
      ? []
      : [{ pointer: `/transfers/${n}`, id: entries[n]?.entryId, ...reasonOf(outcome) }],
  );
  throw new ProblemError(
    ledgerProblems['batch-refused'],
    'Nothing was done now, for not all of the batch can be. What has an outcome already keeps it; the other ids may be used again.',
    { errors },
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

function answerBatch(
  ledger: string,
  entries: readonly PostEntry[],
  outcomes: readonly (Outcome | undefined)[],
): Answer {
  let posted = 0;
  let body = '';
  entries.forEach((entry, n) => {
    const outcome = outcomes[n];
    if (outcome === undefined) throw new Error(`${entry.entryId} has no outcome`);
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

/** Throws where something is missing: no account and no balance is made up. */
function balancesText(entry: PostEntry, [fromBalance, toBalance]: readonly bigint[]): string {
  const [from, to] = accountsOf(entry);
  if (from === undefined || to === undefined || fromBalance === undefined || toBalance === undefined) {
    throw new Error(`${entry.entryId} has no two accounts, or no two balances`);
  }
  return (
    `"from":{"account":"${from}","balance":${fromBalance}},` +
    `"to":{"account":"${to}","balance":${toBalance}}`
  );
}

function debitOf({ entryId, postings: [debit] }: PostEntry): bigint {
  if (debit === undefined) throw new Error(`${entryId} has no postings`);
  return debit.amount;
}

/** Why one of a batch stands in the way of the whole: what was posted before is not posted with the rest. */
function reasonOf(outcome: Outcome): { code: string; revision?: number } {
  if (outcome.kind === 'done') return { code: 'already_posted', revision: Number(outcome.revision) };
  return { code: outcome.kind === 'refused' ? outcome.code : 'id_reused' };
}
