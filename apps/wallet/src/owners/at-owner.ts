import { LedgerBusy, LedgerUnavailable } from '@florin/books';
import { commonProblems, ProblemError } from '@florin/service-host';
import type { BookOwners } from './book-owners.js';
import type { Answer, Asked, Forward } from './forward.js';

interface Deps {
  readonly owners: Pick<BookOwners, 'isOwn' | 'urlOf' | 'forget'>;
  readonly forward: Forward;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** How long a request waits for an owner, as while one hands over to the next, in milliseconds. */
const patienceMs = 5_000;
const pauseMs = 50;

export type AtOwner = (ledger: string, asked: Asked, here: () => Promise<Answer>) => Promise<Answer>;

/**
 * Answers a request where its book is kept: here, or by handing it to the owner, once. What comes to no certain end is tried
 * again, which is safe because everything that is asked has an id of its own; then it is a 503.
 */
export function atOwner({ owners, forward, nowMs, sleep }: Deps): AtOwner {
  const attempt = async (
    ledger: string,
    asked: Asked,
    here: () => Promise<Answer>,
  ): Promise<Answer | undefined> => {
    if (owners.isOwn(ledger)) return here().catch(orNothing);
    // Who handed it over took this instance for the owner: it is to look again.
    if (asked.forwarded) throw unavailable();
    const url = await owners.urlOf(ledger);
    const answer = url === undefined ? undefined : await forward(url, asked);
    if (answer?.status !== 503) {
      if (answer === undefined) owners.forget(ledger);
      return answer;
    }
    owners.forget(ledger);
    return undefined;
  };
  return async (ledger, asked, here) => {
    const deadline = nowMs() + patienceMs;
    for (;;) {
      const answer = await attempt(ledger, asked, here);
      if (answer !== undefined) return answer;
      if (nowMs() >= deadline) throw unavailable();
      await sleep(pauseMs);
    }
  };
}

function orNothing(error: unknown): undefined {
  if (error instanceof LedgerUnavailable && !(error instanceof LedgerBusy)) return undefined;
  throw error;
}

function unavailable(): ProblemError {
  return new ProblemError(
    commonProblems.unavailable,
    'The ledger is not available now; ask the same again shortly, with the same ids.',
    {},
    { 'retry-after': '1' },
  );
}
