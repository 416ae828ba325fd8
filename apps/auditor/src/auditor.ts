import { inspect } from 'node:util';
import { connectEventStore, EventStoreUnavailable, type EventStore } from '@florin/event-store';
import { parseArguments, usage, WrongUse, type Arguments } from './arguments.js';
import { audit, type Audit } from './audit.js';
import { progressBar } from './progress.js';
import { formatIn, questions, type Answer } from './questions.js';

/** Where the auditor reads and writes. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Answers. */
  readonly out: (text: string) => void;
  /** Findings, errors and progress. */
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal, where a progress bar can be drawn. */
  readonly terminal: boolean;
}

/** Runs one command; answers the exit code: 0 all is well, 1 a finding, 2 wrong use or no answer. */
export async function runAuditor(args: readonly string[], surroundings: Surroundings): Promise<0 | 1 | 2> {
  if (args.length === 0 || args.includes('--help')) {
    surroundings.out(usage);
    return 0;
  }
  try {
    return await run(parseArguments(args, surroundings.env), surroundings);
  } catch (error) {
    const known = error instanceof WrongUse || error instanceof EventStoreUnavailable;
    surroundings.err(known ? `${error.message}\n` : `The audit did not finish: ${inspect(error)}\n`);
    return 2;
  }
}

async function run(options: Arguments, surroundings: Surroundings): Promise<0 | 1 | 2> {
  const { account, command, knownHead, market } = options;
  const question = questions[command](formatIn(market), account ?? '');
  const bar = surroundings.terminal ? progressBar(`Reading ${market.ledger}`, surroundings.err) : undefined;
  const result = await withStore(options.url, async (store) => {
    try {
      return await audit(store, market.ledger, {
        currency: market.currency,
        knownHead,
        onEvent: question.onEvent,
        onProgress: bar?.show,
      });
    } finally {
      bar?.clear();
    }
  });
  return report(options, result, question.answer(result), surroundings);
}

function report(options: Arguments, result: Audit, answer: Answer | undefined, to: Surroundings): 0 | 1 | 2 {
  const { finding, head, ledger } = result;
  if (finding === undefined && answer === undefined) {
    throw new WrongUse(`${options.account} is not an account of ${ledger} at revision ${head.revision}`);
  }
  if (options.json) to.out(`${JSON.stringify({ ledger, ...answer?.json, ...ending(result) })}\n`);
  else if (answer !== undefined) to.out(answer.text);
  if (finding === undefined) return result.trialBalance.difference === 0n ? 0 : 1;
  to.err(`Revision ${finding.revision} of ${ledger} is wrong (${finding.code}): ${finding.detail}\n`);
  return 1;
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

async function withStore<T>(url: string, use: (store: EventStore) => Promise<T>): Promise<T> {
  const store = connect(url);
  try {
    await store.ping();
    return await use(store);
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    throw new EventStoreUnavailable(
      `The event store at ${withoutSecrets(url)} does not answer: is it running?`,
      error,
    );
  } finally {
    await store.close();
  }
}

function connect(url: string): EventStore {
  try {
    return connectEventStore(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongUse(`${withoutSecrets(url)} is not an address of an event store: ${reason}`);
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/s, '');
}
