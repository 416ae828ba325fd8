import { Agent } from 'undici';

/** What is answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** `application/json` unless told. */
  readonly contentType?: string;
}

/** A request as another instance can answer it. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly traceparent: string | undefined;
  readonly body: unknown;
  /** Whether another instance handed it over: it goes no further. */
  readonly forwarded: boolean;
}

/** Said by the instance that hands a request over. */
export const forwardedHeader = 'florin-forwarded';

/** Asks another instance; `undefined` where the network gave no answer. Throws what is wrong with the request itself. */
export type Forward = (url: string, asked: Asked) => Promise<Answer | undefined>;

const answerLimit = 4 * 1024 * 1024;
const timeoutMs = 10_000;

/** Connections to the other instances; `close` ends them. */
export function openForward(): { readonly forward: Forward; close(): Promise<void> } {
  const agent = new Agent({ connections: 64, connectTimeout: 1_000, maxResponseSize: answerLimit });
  const forward: Forward = async (url, { method, path, authorization, traceparent, body }) => {
    try {
      const response = await agent.request({
        ...{ origin: url, path, method },
        headers: {
          [forwardedHeader]: '1',
          ...(authorization !== undefined && { authorization }),
          ...(traceparent !== undefined && { traceparent }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const type = response.headers['content-type'];
      const text = await response.body.text();
      return {
        status: response.statusCode,
        body: text,
        ...(typeof type === 'string' && { contentType: type }),
      };
    } catch (error) {
      if (!isOfTheNetwork(error)) throw error;
      // Whether it was done there is not known; asked again, it answers what was done.
      return undefined;
    }
  };
  return { forward, close: () => agent.destroy() };
}

/** Codes of undici for what it cannot be asked for. */
const misuse: readonly unknown[] = [
  'UND_ERR_INVALID_ARG',
  'UND_ERR_INVALID_RETURN_VALUE',
  'UND_ERR_NOT_SUPPORTED',
];

/** Whether the way to the other instance failed, or the time was over; anything else is a fault in here. */
function isOfTheNetwork(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'TimeoutError') return true;
  return typeof code === 'string' && !misuse.includes(code) && name !== 'TypeError' && name !== 'RangeError';
}
