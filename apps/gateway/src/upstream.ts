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

/** One service behind the gateway, with its kept connections. */
export class Upstream {
  readonly #pool: Pool;
  /** Streams stay open: with connections of their own they cannot take those of requests. */
  readonly #streams: Pool;

  constructor(
    readonly name: string,
    url: string,
    timeoutMs: number,
  ) {
    const common = { headersTimeout: timeoutMs, connect: { timeout: 2_000 }, keepAliveTimeout: 30_000 };
    this.#pool = new Pool(url, { ...common, connections: 128, bodyTimeout: timeoutMs });
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
    const answer = await this.#dispatch(this.#pool, request);
    const length = Number(answer.headers['content-length'] ?? Infinity);
    if (request.method === 'HEAD' || length > wholeUpTo) return answer;
    return { ...answer, body: Buffer.from(await answer.body.arrayBuffer()) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#streams.destroy()]);
  }

  #dispatch(
    pool: Pool,
    { method, path, headers, body, signal }: UpstreamRequest,
  ): Promise<Dispatcher.ResponseData> {
    return pool.request({
      method: method,
      path,
      headers,
      body: body ?? null,
      ...(signal && { signal }),
    });
  }

  #problem(cause: unknown): ProblemError {
    const error =
      codeOf(cause) === 'UND_ERR_HEADERS_TIMEOUT'
        ? new ProblemError(
            commonProblems['upstream-timeout'],
            `The ${this.name} service did not answer in time. Repeat the request with the same Idempotency-Key to learn what became of it.`,
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

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
