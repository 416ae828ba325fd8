import { commonProblems, ProblemError } from '@florin/service-host';
import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';

export interface UpstreamRequest {
  method: string;
  /** Path and query as the client sent them. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  /** Ends the exchange, wherever it stands. */
  signal?: AbortSignal;
}

/** What a service answered; a body whose end is near is whole, so that nobody gets half of it. */
export interface UpstreamAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer | Readable;
}

/** Bytes of a body that is read whole before it goes on. */
const wholeUpTo = 64 * 1024;

/** How long a service has to begin its answer, in milliseconds, the wait for a free connection included. */
export interface Timeouts {
  readonly read: number;
  /** A write may wait for its outcome. */
  readonly write: number;
}

/** One service behind the gateway, with its kept connections. */
export class Upstream {
  readonly #writes: Pool;
  /** Reads have connections of their own: nobody's writes that wait hold them up. */
  readonly #reads: Pool;
  /** So have streams, which stay open. */
  readonly #streams: Pool;

  constructor(
    readonly name: string,
    url: string,
    private readonly timeouts: Timeouts,
  ) {
    // The deadline of `#dispatch` is for the queue too, which a timeout of the pool is not.
    const common = { headersTimeout: 0, connect: { timeout: 2_000 }, keepAliveTimeout: 30_000 };
    // More than the requests that payments lets wait.
    this.#writes = new Pool(url, { ...common, connections: 256, bodyTimeout: timeouts.write });
    this.#reads = new Pool(url, { ...common, connections: 128, bodyTimeout: timeouts.read });
    this.#streams = new Pool(url, { ...common, connections: 2_000, bodyTimeout: 0 });
  }

  /** The service's answer, whatever its status. Throws 503 where it cannot be reached, 504 where it does not answer. */
  async request(request: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      return await this.#exchange(request);
    } catch (error) {
      // A kept connection that the service closed as we wrote to it: reading again changes nothing.
      if (request.method !== 'GET' || codeOf(error) !== 'UND_ERR_SOCKET') throw this.#problem(error);
    }
    return this.#exchange(request).catch((error: unknown) => {
      throw this.#problem(error);
    });
  }

  /** As `request`, for an answer that goes on and on. */
  async stream(request: UpstreamRequest): Promise<UpstreamAnswer> {
    return this.#dispatch(this.#streams, request).catch((error: unknown) => {
      throw this.#problem(error);
    });
  }

  async #exchange(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const answer = await this.#dispatch(isRead(request) ? this.#reads : this.#writes, request);
    const length = Number(answer.headers['content-length'] ?? Infinity);
    if (request.method === 'HEAD' || length > wholeUpTo) return answer;
    return { ...answer, body: Buffer.from(await answer.body.arrayBuffer()) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#writes, this.#reads, this.#streams].map((pool) => pool.destroy()));
  }

  async #dispatch(pool: Pool, request: UpstreamRequest): Promise<Dispatcher.ResponseData> {
    const { method, path, headers, body, signal } = request;
    const late = new AbortController();
    const timeoutMs = isRead(request) ? this.timeouts.read : this.timeouts.write;
    const timer = setTimeout(() => late.abort(new TooLate()), timeoutMs);
    try {
      return await pool.request({
        method,
        path,
        headers,
        body: body ?? null,
        signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #problem(cause: unknown): ProblemError {
    const error =
      cause instanceof TooLate
        ? new ProblemError(
            commonProblems['upstream-timeout'],
            `The ${this.name} service did not answer in time. Repeat the request with the same Idempotency-Key to learn what became of it.`,
            {},
            { 'retry-after': '1' },
          )
        : new ProblemError(
            commonProblems.unavailable,
            `The ${this.name} service cannot be reached now. Repeat the request shortly, with the same Idempotency-Key if it had one.`,
            {},
            { 'retry-after': '1' },
          );
    error.cause = cause;
    return error;
  }
}

/** The service did not begin its answer in time. */
class TooLate extends Error {}

function isRead({ method }: UpstreamRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
