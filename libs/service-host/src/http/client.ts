import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Agent, Dispatcher } from 'undici';
import type { z } from 'zod';
import { commonProblems, ProblemError } from '../problems.js';
import { traceHeaders, tracer } from '../tracing.js';

export interface FetchOptions<T> {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** What the answer must look like. */
  schema: z.ZodType<T>;
  /** For the whole exchange; 5,000 unless told. */
  timeoutMs?: number;
}

/** Another service answered with a problem or an unexpected status. */
export class UpstreamProblem extends Error {
  constructor(
    readonly status: number,
    /** `type` of the problem, where there is one. */
    readonly type: string | undefined,
    readonly detail: string,
    readonly body: unknown,
  ) {
    super(`answered ${status}: ${detail}`);
    this.name = 'UpstreamProblem';
  }
}

/** Bytes of an answer at most. */
const answerLimit = 4 * 1024 * 1024;

let agent: Promise<Agent> | undefined;

// Loaded with the first call: a service that calls nobody starts faster.
function keepAliveAgent(): Promise<Agent> {
  agent ??= import('undici').then(
    ({ Agent }) =>
      new Agent({
        connections: 32,
        keepAliveTimeout: 10_000,
        connectTimeout: 2_000,
        maxResponseSize: answerLimit,
      }),
  );
  return agent;
}

/** Closes the kept connections, as the last step of a shutdown. */
export async function closeHttpClient(): Promise<void> {
  const closing = agent;
  agent = undefined;
  await (await closing)?.destroy();
}

/**
 * Calls another service and checks its answer. Throws UpstreamProblem for a status of 400 and above, and a ProblemError
 * `unavailable` or `upstream-timeout` where no usable answer came.
 */
export async function fetchJson<T>(url: string, options: FetchOptions<T>): Promise<T> {
  const { status, text } = await exchange(url, options);
  const body = parseAnswer(text);
  if (status >= 400) {
    const { type, detail } = (body ?? {}) as { type?: unknown; detail?: unknown };
    const sentence = typeof detail === 'string' ? detail : 'no problem given';
    throw new UpstreamProblem(status, typeof type === 'string' ? type : undefined, sentence, body);
  }
  const result = options.schema.safeParse(body);
  if (result.success) return result.data;
  const error = new ProblemError(
    commonProblems['upstream-failed'],
    'A service behind this one gave an answer that we do not understand.',
  );
  error.cause = result.error;
  throw error;
}

async function exchange(
  url: string,
  options: FetchOptions<unknown>,
): Promise<{ status: number; text: string }> {
  const method = options.method ?? 'GET';
  const span = tracer().startSpan(method, {
    kind: SpanKind.CLIENT,
    attributes: { 'server.address': new URL(url).host },
  });
  const dispatcher = await keepAliveAgent();
  try {
    const response = await context.with(trace.setSpan(context.active(), span), () =>
      request(dispatcher, url, method, options),
    );
    const text = await response.body.text();
    return { status: response.statusCode, text };
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw unreachable(error);
  } finally {
    span.end();
  }
}

async function request(
  dispatcher: Agent,
  url: string,
  method: Dispatcher.HttpMethod,
  options: FetchOptions<unknown>,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  const hasBody = options.body !== undefined;
  return dispatcher.request({
    origin,
    path: pathname + search,
    method,
    headers: {
      accept: 'application/json',
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...traceHeaders(context.active()),
      ...options.headers,
    },
    body: hasBody ? JSON.stringify(options.body) : null,
    signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
  });
}

function parseAnswer(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(cause: unknown): ProblemError {
  const { name, code } = cause as { name?: unknown; code?: unknown };
  const slow = name === 'TimeoutError' || String(code).includes('TIMEOUT');
  const error = slow
    ? new ProblemError(
        commonProblems['upstream-timeout'],
        'A service behind this one did not answer in time; try again.',
        {},
        { 'retry-after': '1' },
      )
    : new ProblemError(
        commonProblems.unavailable,
        'A service behind this one cannot be reached now; try again shortly.',
        {},
        { 'retry-after': '1' },
      );
  error.cause = cause;
  return error;
}
