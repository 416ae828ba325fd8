import { revisionAt, TooManyEntries } from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { marketOfLedger, type Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { LedgerCorrupt } from '@florin/ledger';
import { audit, type Audit } from './audit.js';
import { booksToRead, type Books } from './books.js';
import { revisionOfPoint } from './command.js';
import { BookWrong, pastQuestions, type PastQuestion } from './past.js';
import { formatIn, questions } from './questions.js';
import type { Inquiry } from './inquiry.js';
import { withStore } from './store.js';
import type { ExitCode } from './surroundings.js';

/** What became of one book. */
interface Outcome {
  readonly sound: boolean;
  readonly json: object;
}

/** Asks one question of a book, or of every one that the event store holds. Throws WrongUse. */
export async function examine(inquiry: Inquiry): Promise<ExitCode> {
  const { json, out } = inquiry.call;
  return withStore(inquiry.url, async (store) => {
    const books = await booksToRead(store, inquiry);
    const outcomes: Outcome[] = [];
    for (const ledger of books.ledgers) {
      if (outcomes.length > 0 && !json) out('\n');
      outcomes.push(await examineOne(store, ledger, inquiry));
    }
    const sound = outcomes.every((outcome) => outcome.sound);
    if (json) out(`${JSON.stringify(jsonOf(inquiry, books, outcomes))}\n`);
    else if (inquiry.ledger === undefined) out(`\n${summary(books)}\n`);
    return sound ? 0 : 1;
  });
}

/** Looks at one book and tells of it, for people at once. */
async function examineOne(store: EventStore, ledger: string, inquiry: Inquiry): Promise<Outcome> {
  const upTo = await revisionOfPoint(store, ledger, inquiry.call.at);
  return inquiry.keys.length > 0
    ? examineFromSnapshot(store, ledger, upTo, inquiry)
    : examineAll(store, ledger, upTo, inquiry);
}

/** Believes a snapshot that one of the keys has signed, and reads and verifies what came after it. */
async function examineFromSnapshot(
  store: EventStore,
  ledger: string,
  upTo: bigint | undefined,
  inquiry: Inquiry,
): Promise<Outcome> {
  const { keys, question: name, subject } = inquiry;
  const { err, json, out } = inquiry.call;
  const market = marketOfLedger(ledger) as Market;
  const revision = upTo ?? (await revisionAt({ store, ledger }, { atMs: Number.MAX_SAFE_INTEGER }));
  // That a book is missing is told as without a key.
  if (revision < 0n) return examineAll(store, ledger, upTo, inquiry);
  const question: PastQuestion = {
    ...{ store, ledger, revision, keys, format: formatIn(market), subject },
    onFallback: (reason) => err(`No snapshot was used, so all of ${ledger} was read: ${reason.message}\n`),
  };
  const place = { currency: market.currency, headRevision: Number(revision) };
  try {
    const answer = await pastQuestions[name]?.(question);
    if (answer === undefined) throw notThere(subject, ledger, revision);
    if (!json) out(answer.text);
    return { sound: true, json: { ledger, ...answer.json, ...place, finding: null } };
  } catch (error) {
    if (error instanceof TooManyEntries) {
      throw new WrongUse(`${error.message}; without --key all of them are listed, from a reading of all`);
    }
    if (!(error instanceof BookWrong || error instanceof LedgerCorrupt)) throw error;
    const wrongAt = error instanceof BookWrong ? error.revision : null;
    err(`An event of ${ledger} is wrong (${error.code}): ${error.message}\n`);
    const finding = {
      revision: wrongAt === null ? null : Number(wrongAt),
      code: error.code,
      detail: error.message,
    };
    return { sound: false, json: { ledger, ...place, finding } };
  }
}

function notThere(subject: string, ledger: string, revision: bigint): WrongUse {
  return new WrongUse(
    `${subject} is not an account or asset of ${ledger} at revision ${revision}; --ledger names another book`,
  );
}

/** Reads a book from its first event. */
async function examineAll(
  store: EventStore,
  ledger: string,
  upTo: bigint | undefined,
  { call, knownHeads, question: name, subject }: Inquiry,
): Promise<Outcome> {
  const { err, json, out, watched } = call;
  const market = marketOfLedger(ledger) as Market;
  const question = questions[name](formatIn(market), subject);
  const result = await watched(`Reading ${ledger}`, (onProgress) =>
    audit(store, ledger, {
      ...{ currency: market.currency, ...(upTo === undefined ? {} : { upTo }) },
      knownHeads: knownHeads.filter((head) => (head.ledger ?? ledger) === ledger),
      ...{ onEvent: question.onEvent, onProgress },
    }),
  );
  const answer = question.answer(result);
  const { finding, head } = result;
  if (finding === undefined && answer === undefined) {
    throw notThere(subject, ledger, head.revision);
  }
  if (answer !== undefined && !json) out(answer.text);
  if (finding !== undefined) {
    err(`Revision ${finding.revision} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
  }
  const sound = finding === undefined && result.trialBalance.difference === 0n;
  return { sound, json: { ledger, ...answer?.json, ...ending(result) } };
}

/** One book's own object where one was asked for; else a list, with the fields of the book where there is just one. */
function jsonOf({ ledger, question }: Inquiry, { absent }: Books, outcomes: readonly Outcome[]): object {
  const ledgers = outcomes.map(({ json }) => json);
  const alone = ledgers.length === 1 ? ledgers[0] : {};
  if (ledger !== undefined) return { ...alone };
  const verified = outcomes.every(({ sound }) => sound);
  return { ...alone, ...(question === 'verify' ? { verified } : {}), ledgers, absent };
}

function summary({ ledgers, absent }: Books): string {
  const none = absent.length === 0 ? '' : `; not in this event store: ${absent.join(', ')}`;
  return `Ledgers read: ${ledgers.join(', ')}${none}`;
}

/** What every JSON answer says about the history that it rests on. */
function ending({ state, head, finding }: Audit): object {
  return {
    currency: state.currency,
    headRevision: Number(head.revision),
    headHash: head.hash,
    finding: finding === undefined ? null : { ...finding, revision: Number(finding.revision) },
  };
}
