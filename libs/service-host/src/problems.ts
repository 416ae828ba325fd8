import type { MarketCode } from '@florin/contracts';

/** One kind of problem (RFC 9457); `type` never changes once published. */
export interface ProblemDefinition {
  /** `https://florin.dev/problems/insufficient-funds` */
  readonly type: string;
  readonly title: string;
  readonly status: number;
}

const base = 'https://florin.dev/problems/';

/** Gives every code its `type`. An app has one map of its codes: `{...} satisfies Record<Code, …>`. */
export function defineProblems<Code extends string>(
  map: Record<Code, { title: string; status: number }>,
): Record<Code, ProblemDefinition> {
  const entries = Object.entries<{ title: string; status: number }>(map);
  return Object.fromEntries(
    entries.map(([code, { title, status }]) => [code, { type: `${base}${code}`, title, status }]),
  ) as Record<Code, ProblemDefinition>;
}

/** Where in the input something is wrong: a JSON pointer (RFC 6901), a sentence and, where it has one, its code. */
export interface InputError {
  readonly pointer: string;
  readonly detail: string;
  readonly code?: InputCode;
}

/** Thrown anywhere in a request to answer with a problem. `detail` is read by people: say what to do. */
export class ProblemError extends Error {
  constructor(
    readonly problem: ProblemDefinition,
    readonly detail: string,
    readonly extensions: Record<string, unknown> = {},
    /** Response headers, such as `retry-after`. */
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'ProblemError';
  }
}

const hostProblems = defineProblems({
  'malformed-json': { title: 'The body is not JSON', status: 400 },
  'duplicate-key': { title: 'A key of the body is there twice', status: 400 },
  'invalid-request': { title: 'The request is not valid', status: 400 },
  'idempotency-key-missing': { title: 'The Idempotency-Key header is missing', status: 400 },
  'idempotency-key-invalid': { title: 'The Idempotency-Key header is not valid', status: 400 },
  'token-missing': { title: 'An access token is needed', status: 401 },
  'token-invalid': { title: 'The access token is not valid', status: 401 },
  'token-expired': { title: 'The access token has expired', status: 401 },
  'token-foreign': { title: 'The access token is for somebody else', status: 401 },
  forbidden: { title: 'Not allowed', status: 403 },
  'not-found': { title: 'Not found', status: 404 },
  'method-not-allowed': { title: 'The method is not allowed here', status: 405 },
  'request-timeout': { title: 'The request took too long to arrive', status: 408 },
  'payload-too-large': { title: 'The body is too large', status: 413 },
  'uri-too-long': { title: 'The address is too long', status: 414 },
  'unsupported-media-type': { title: 'The media type is not supported', status: 415 },
  'expectation-failed': { title: 'The expectation cannot be met', status: 417 },
  'rate-limited': { title: 'Too many requests', status: 429 },
  'headers-too-large': { title: 'The headers are too large', status: 431 },
  internal: { title: 'Something went wrong on our side', status: 500 },
  'upstream-failed': { title: 'A service behind this one failed', status: 502 },
  unavailable: { title: 'The service is not available now', status: 503 },
  'upstream-timeout': { title: 'A service behind this one did not answer in time', status: 504 },
});

/** Mistakes in the input that are problems of their own, so that a program can tell them apart. */
const inputProblems = defineProblems({
  'amount-zero': { title: 'The amount is zero', status: 400 },
  'amount-negative': { title: 'The amount is negative', status: 400 },
  'amount-fractional': { title: 'The amount is not a whole number of minor units', status: 400 },
  'amount-too-large': { title: 'The amount is too large', status: 400 },
  'number-too-large': { title: 'A number is too large to be exact', status: 400 },
});

export type InputCode = keyof typeof inputProblems;

export const inputCodes = Object.keys(inputProblems) as InputCode[];

const { 'amount-too-large': _, ...ofAnyAmount } = inputProblems;

/** What a request with an amount in its body can get for it; `amount-too-large` only where a route has a limit of its own. */
export const amountProblems = Object.values(ofAnyAmount);

export function isInputCode(code: unknown): code is InputCode {
  return typeof code === 'string' && Object.hasOwn(inputProblems, code);
}

/** The problem of their own that all mistakes of a request share, or `invalid-request`. */
export function problemOfInput(errors: readonly InputError[]): ProblemDefinition {
  const [code, ...others] = new Set(errors.map((error) => error.code));
  return code === undefined || others.length > 0 ? hostProblems['invalid-request'] : inputProblems[code];
}

/** What any service can answer, and the codes of the domain that several services have: one title and status each. */
export const commonProblems = {
  ...hostProblems,
  ...inputProblems,
  ...defineProblems({
    'payee-unknown': { title: 'The payee is not known', status: 404 },
    'currency-mismatch': { title: 'The currency is not that of the market', status: 422 },
    'market-closed': { title: 'The market is not open', status: 422 },
    'idempotency-key-reused': { title: 'The Idempotency-Key was used for another request', status: 422 },
  }),
};

/** The answer to somebody who asks for something in a market where Florin is not open. */
export function marketClosed(market: MarketCode): ProblemError {
  return new ProblemError(commonProblems['market-closed'], `The market "${market}" is not open.`);
}

/** A problem as HTTP carries it. */
export interface ProblemAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** The one form in which a problem is sent, by whatever writes it. */
export function problemAnswer(error: ProblemError, traceId?: string): ProblemAnswer {
  return {
    status: error.problem.status,
    headers: {
      ...error.headers,
      'cache-control': 'no-store',
      'content-type': 'application/problem+json; charset=utf-8',
    },
    body: JSON.stringify(problemBody(error, traceId)),
  };
}

function problemBody(error: ProblemError, traceId: string | undefined): Record<string, unknown> {
  return {
    type: error.problem.type,
    title: error.problem.title,
    status: error.problem.status,
    detail: error.detail,
    ...error.extensions,
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** Problem for a status that a framework raised by itself. */
export function problemOfStatus(status: number): ProblemDefinition {
  if (status === 400) return commonProblems['invalid-request'];
  const found = Object.values(hostProblems).find((problem) => problem.status === status);
  if (found) return found;
  return status < 500 ? commonProblems['invalid-request'] : commonProblems.internal;
}
