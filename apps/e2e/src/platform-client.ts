import type { Stack } from '@florin/local-stack';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';

/** What one try came to: an answer, or the name of the error that there was instead. */
export interface Try {
  readonly status: number | string;
  /** Whether the answer says when to come again. */
  readonly retryAfter: boolean;
  readonly body: Record<string, unknown>;
}

export interface Transfer {
  readonly ledger: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly kind?: string;
}

export const ledger = 'it-eur';
const giveUpMs = 90_000;

export function transfer(from: string, to: string, amount: number, more: object = {}): Transfer {
  return { ledger, id: uuidv7(), from, to, amount, currency: 'EUR', reference: 'order-1', ...more };
}

/** A program of a platform that calls the ledger itself, with the service token that the stack has for one. */
export class PlatformClient {
  /** All tries of transfers. */
  readonly tries: Try[] = [];

  private constructor(
    private readonly token: string,
    private readonly tryMs: number,
  ) {}

  /** A try of it lasts `tryMs` at most. */
  static async of(dataDir: string, stack: Stack, tryMs: number): Promise<PlatformClient> {
    const client_secret = await readFile(join(dataDir, 'keys', 'platform-client-secret'), 'utf8');
    const response = await fetch(`${stack.urls.identity}/internal/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'platform', client_secret }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    return new PlatformClient(access_token, tryMs);
  }

  async ask(url: string, body?: object): Promise<Try> {
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.tryMs),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      return {
        ...{ status: response.status, retryAfter: response.headers.has('retry-after'), body: answer },
      };
    } catch (error) {
      return { status: errorName(error as Error), retryAfter: false, body: {} };
    }
  }

  /**
   * Asks as a careful client does: the same again, at whom `next` says, until it is done. Answers what was answered then; throws
   * what is no 5xx.
   */
  async untilDone(asked: Transfer, next: () => string): Promise<Record<string, unknown>> {
    for (const until = performance.now() + giveUpMs; ; await sleep(100)) {
      const one = await this.ask(`${next()}/v1/transfers`, asked);
      this.tries.push(one);
      if (one.status === 201 || one.status === 200) return one.body;
      if (typeof one.status === 'number' && one.status < 500) throw new Error(JSON.stringify(one.body));
      if (performance.now() > until) throw new Error(`not done: ${JSON.stringify(one)}`);
    }
  }
}

function errorName(error: Error): string {
  const { code } = (error.cause ?? error) as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
