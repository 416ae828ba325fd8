import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent, SubscribeOptions, Subscription } from './event-store.js';

const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** Batches of a stream after a revision, until the connection drops (throws or ends) or `signal` aborts (ends). */
export type OpenStream = (after: bigint | undefined, signal: AbortSignal) => AsyncIterable<StoredEvent[]>;

/** Keeps a subscription alive: opens, hands over, opens again after the last handled event. */
export class ResilientSubscription implements Subscription {
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #handled: bigint | undefined;

  constructor(
    private readonly open: OpenStream,
    private readonly options: SubscribeOptions,
    private readonly handler: (batch: StoredEvent[]) => Promise<void>,
  ) {
    this.#handled = options.after;
    this.#done = this.#run();
  }

  get handled(): bigint | undefined {
    return this.#handled;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    let attempt = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        for await (const batch of this.open(this.#handled, this.#stopping.signal)) {
          attempt = 0;
          await this.#handle(batch);
          if (this.#stopping.signal.aborted) return;
        }
        await this.#failed(new Error('the subscription ended'), ++attempt);
      } catch (error) {
        await this.#failed(error, ++attempt);
      }
    }
  }

  /** Until the handler succeeds or the subscription is stopped. */
  async #handle(batch: StoredEvent[]): Promise<void> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await this.handler(batch);
        this.#handled = batch.at(-1)?.revision ?? this.#handled;
        return;
      } catch (error) {
        await this.#failed(error, attempt);
      }
    }
  }

  /** Reports, then waits the longer the more often it failed; returns at once when stopped. */
  async #failed(error: unknown, attempt: number): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.options.onError?.(error, attempt);
    const delayMs = Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs);
    await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
