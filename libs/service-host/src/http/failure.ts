import { commonProblems, ProblemError } from '../problems.js';
import { UpstreamProblem } from './client.js';

/** The driver of PostgreSQL says these without a code: a connection that could not be made in time, or broke. */
const withoutCode =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;
/**
 * Codes of the network, and SQLSTATEs of a PostgreSQL that cannot now: it starts or stops (57P), a connection broke (08), it has
 * no connection, memory or disk left (53), took too long (57014), or its disk fails (58).
 */
const outageCodes = /^(ECONN|ETIMEDOUT|EPIPE|UND_ERR_|57P0|08|53|57014|58)/;
/** How deep causes are looked into. */
const depthLimit = 5;
const busyStatuses: readonly number[] = [429, 503, 504];

/** The problem that an error nobody turned into one is to the client, which never learns its message. */
export function problemOfFailure(error: unknown): ProblemError {
  const problem = describeFailure(error);
  problem.cause = error;
  return problem;
}

function describeFailure(error: unknown): ProblemError {
  const chain = causesOf(error);
  const upstream = chain.find((link) => link instanceof UpstreamProblem);
  const busy = upstream !== undefined && busyStatuses.includes(upstream.status);
  if (busy || chain.some(isOutage)) {
    return new ProblemError(
      commonProblems.unavailable,
      'Something this needs is not available now; try again shortly.',
      {},
      { 'retry-after': '1' },
    );
  }
  if (upstream !== undefined) {
    return new ProblemError(
      commonProblems['upstream-failed'],
      'A service behind this one refused what we asked of it. It is recorded under the traceId; try again later.',
    );
  }
  return new ProblemError(
    commonProblems.internal,
    'This is our mistake, and it is recorded under the traceId; try again later.',
  );
}

/** An error, its cause, the cause of that, and so on. */
function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < depthLimit; link = link.cause)
    chain.push(link);
  return chain;
}

/** Whether a database or a service could not be reached, as its driver says by a code, or an error by `transient: true`. */
function isOutage(error: Error): boolean {
  const { code, transient } = error as { code?: unknown; transient?: unknown };
  if (transient === true) return true;
  if (typeof code === 'string' && outageCodes.test(code)) return true;
  return withoutCode.test(error.message);
}
