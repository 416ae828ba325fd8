import { revisionAt } from '@florin/books';
import { inspect } from 'node:util';
import { configJsonSchema, WrongUse } from '@florin/configuration';
import { marketOfLedger, type Market } from '@florin/contracts';
import { EventStoreUnavailable, type EventStore } from '@florin/event-store';
import { LedgerCorrupt } from '@florin/ledger';
import { auditorConfig, parseArguments, usage, type Arguments } from './arguments.js';
import { audit, type Audit } from './audit.js';
import { booksToRead, type Books } from './books.js';
import { BookWrong, pastQuestions, type PastQuestion } from './past.js';
import { isExportCommand, runExportCommand } from './exports.js';
import { progressBar } from './progress.js';
import { isProofCommand, runProofCommand } from './proofs.js';
import { formatIn, questions } from './questions.js';
import { runReport } from './report/report-command.js';
import { runStatement } from './statements.js';
import { withStore } from './store.js';
import type { ExitCode, Surroundings } from './surroundings.js';

/** Runs one command; answers the exit code. */
export async function runAuditor(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  if (args.length === 0 || args.includes('--help')) {
    surroundings.out(usage);
    return 0;
  }
  if (args.join() === 'config') {
    surroundings.out(`${JSON.stringify(configJsonSchema(auditorConfig), null, 2)}\n`);
    return 0;
  }
  try {
    if (isProofCommand(args)) return await runProofCommand(args, surroundings);
    if (isExportCommand(args)) return await runExportCommand(args, surroundings);
    if (args[0] === 'report') return await runReport(args.slice(1), surroundings);
    if (args[0] === 'statement') return await runStatement(args.slice(1), surroundings);
    return await run(parseArguments(args, surroundings.env), surroundings);
  } catch (error) {
    const known = error instanceof WrongUse || error instanceof EventStoreUnavailable;
    surroundings.err(known ? `${error.message}\n` : `The audit did not finish: ${inspect(error)}\n`);
    return error instanceof WrongUse ? 2 : 3;
  }
}

/** What became of one book. */
interface Outcome {
  readonly sound: boolean;
  readonly json: object;
}

async function run(options: Arguments, surroundings: Surroundings): Promise<ExitCode> {
  return withStore(options.url, async (store) => {
    const books = await booksToRead(store, options);
    const outcomes: Outcome[] = [];
    for (const ledger of books.ledgers) {
      if (outcomes.length > 0 && !options.json) surroundings.out('\n');
      outcomes.push(await examine(store, ledger, options, surroundings));
    }
    const sound = outcomes.every((outcome) => outcome.sound);
    if (options.json) surroundings.out(`${JSON.stringify(jsonOf(options, books, outcomes))}\n`);
    else if (options.ledger === undefined) surroundings.out(`\n${summary(books)}\n`);
    return sound ? 0 : 1;
  });
}

/** Looks at one book and tells of it, for people at once. */
async function examine(
  store: EventStore,
  ledger: string,
  options: Arguments,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { at } = options;
  const upTo = at && (await revisionAt({ store, ledger }, at));
  if (upTo === -1n && (await revisionAt({ store, ledger }, { atMs: Number.MAX_SAFE_INTEGER })) >= 0n) {
    throw new WrongUse(`${ledger} had no event yet at that time`);
  }
  return options.keys.length > 0
    ? examineFromSnapshot(store, ledger, upTo, options, surroundings)
    : examineAll(store, ledger, upTo, options, surroundings);
}

/** Believes a snapshot that one of the keys has signed, and reads and verifies what came after it. */
async function examineFromSnapshot(
  store: EventStore,
  ledger: string,
  upTo: bigint | undefined,
  options: Arguments,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { account = '', command, json, keys } = options;
  const { err, out } = surroundings;
  const market = marketOfLedger(ledger) as Market;
  const revision = upTo ?? (await revisionAt({ store, ledger }, { atMs: Number.MAX_SAFE_INTEGER }));
  // That a book is missing is told as without a key.
  if (revision < 0n) return examineAll(store, ledger, upTo, options, surroundings);
  const question: PastQuestion = {
    ...{ store, ledger, revision, keys, format: formatIn(market), subject: account },
    onFallback: (reason) => err(`No snapshot was used, so all of ${ledger} was read: ${reason.message}\n`),
  };
  const place = { currency: market.currency, headRevision: Number(revision) };
  try {
    const answer = await pastQuestions[command]?.(question);
    if (answer === undefined) throw notThere(account, ledger, revision);
    if (!json) out(answer.text);
    return { sound: true, json: { ledger, ...answer.json, ...place, finding: null } };
  } catch (error) {
    if (!(error instanceof BookWrong || error instanceof LedgerCorrupt)) throw error;
    const wrongAt = error instanceof BookWrong ? error.revision : null;
    err(`An event of ${ledger} after its snapshot is wrong (${error.code}): ${error.message}\n`);
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
  { account = '', command, json, knownHeads }: Arguments,
  { err, out, terminal }: Surroundings,
): Promise<Outcome> {
  const market = marketOfLedger(ledger) as Market;
  const question = questions[command](formatIn(market), account);
  const bar = terminal ? progressBar(`Reading ${ledger}`, err) : undefined;
  const result = await audit(store, ledger, {
    ...{ currency: market.currency, ...(upTo === undefined ? {} : { upTo }) },
    knownHeads: knownHeads.filter((head) => (head.ledger ?? ledger) === ledger),
    onEvent: question.onEvent,
    onProgress: bar?.show,
  }).finally(() => bar?.clear());
  const answer = question.answer(result);
  const { finding, head } = result;
  if (finding === undefined && answer === undefined) {
    throw notThere(account, ledger, head.revision);
  }
  if (answer !== undefined && !json) out(answer.text);
  if (finding !== undefined) {
    err(`Revision ${finding.revision} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
  }
  const sound = finding === undefined && result.trialBalance.difference === 0n;
  return { sound, json: { ledger, ...answer?.json, ...ending(result) } };
}

/** One book's own object where one was asked for; else a list, with the fields of the book where there is just one. */
function jsonOf({ command, ledger }: Arguments, { absent }: Books, outcomes: readonly Outcome[]): object {
  const ledgers = outcomes.map(({ json }) => json);
  const alone = ledgers.length === 1 ? ledgers[0] : {};
  if (ledger !== undefined) return { ...alone };
  const verified = outcomes.every(({ sound }) => sound);
  return { ...alone, ...(command === 'verify' ? { verified } : {}), ledgers, absent };
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
