import { headOf, type EventStore, type Subscription } from '@florin/event-store';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpointStream, latestCheckpoint, type StoredCheckpoint } from '../notary/checkpoints.js';
import { askWitness, NotCosigned, type Witness } from './ask-witness.js';
import { storeCosignature } from './cosignatures.js';

export interface CosignerOptions {
  readonly ledger: string;
  readonly store: Pick<EventStore, 'append' | 'read' | 'subscribe'>;
  readonly witnesses: readonly Witness[];
  /** Told of every checkpoint that a witness has signed, once that is stored. */
  readonly onCosigned?: (witness: Witness, size: number) => void;
  /** Told of everything that has to be tried again; `attempt` counts from 1, for each witness by itself. */
  readonly onError?: (witness: Witness | undefined, error: unknown, attempt: number) => void;
  /** How long to wait before a witness is asked again, in ms, after it failed for the first time. Default 1,000. */
  readonly retryMs?: number;
}

const RETRY_MS = 1_000;
/** Waits double up to this. */
const MAX_RETRY_MS = 60_000;

/** No timer waits longer. */
const FOREVER_MS = 2 ** 31 - 1;

interface Served {
  readonly witness: Witness;
  /** Events that it has signed here; zero where that is not known. */
  signed: number;
  failures: number;
  /** When it may be asked again, by `performance.now()`. */
  dueAt: number;
}

/**
 * Has each new checkpoint of a book signed by its witnesses, beside the notary, who waits for none of them. All that can be reached
 * are asked about one checkpoint, so that their lines meet in one note; then about the newest there is. Whoever was away signs that
 * when it is back, which vouches for those before it.
 */
export class Cosigner {
  #newest: StoredCheckpoint | undefined;
  #arrival = new AbortController();
  #storing: Promise<unknown> = Promise.resolve();
  #subscription: Subscription | undefined;
  #running: Promise<unknown> = Promise.resolve();
  readonly #stopping = new AbortController();
  readonly #served: readonly Served[];

  constructor(private readonly options: CosignerOptions) {
    this.#served = options.witnesses.map((witness) => ({ witness, signed: 0, failures: 0, dueAt: 0 }));
  }

  /** Begins with the newest checkpoint. */
  start(): void {
    if (this.#served.length > 0) this.#running = Promise.all([this.#follow(), this.#serve()]);
  }

  /** Ends once what is under way is stored or given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#subscription?.stop();
  }

  async #follow(): Promise<void> {
    const { ledger, onError, store } = this.options;
    const stream = checkpointStream(ledger);
    const told = { onError: (error: unknown, attempt: number) => onError?.(undefined, error, attempt) };
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        const head = await headOf(store, stream);
        if (this.#stopping.signal.aborted) return;
        // From the newest on: it may not be co-signed yet.
        const after = head > 0n ? { after: head - 1n } : {};
        this.#subscription = store.subscribe(stream, { maxBatch: 100, ...after, ...told }, async () => {
          this.#arrived(await latestCheckpoint(store, ledger));
        });
        return;
      } catch (error) {
        onError?.(undefined, error, attempt);
        await this.#pause(this.#retryMs(attempt), this.#stopping.signal);
      }
    }
  }

  #arrived(newest: StoredCheckpoint | undefined): void {
    this.#newest = newest;
    this.#arrival.abort();
    this.#arrival = new AbortController();
  }

  async #serve(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const checkpoint = this.#newest;
      const behind = this.#served.filter(({ signed }) => signed < (checkpoint?.size ?? 0));
      const now = performance.now();
      const due = behind.filter(({ dueAt }) => dueAt <= now);
      if (checkpoint === undefined || due.length === 0) {
        const wait = Math.min(...behind.map(({ dueAt }) => dueAt - now), FOREVER_MS);
        await this.#pause(wait, AbortSignal.any([signal, this.#arrival.signal]));
        continue;
      }
      await Promise.all(due.map((one) => this.#ask(one, checkpoint)));
    }
  }

  async #ask(one: Served, checkpoint: StoredCheckpoint): Promise<void> {
    const { ledger, onCosigned, onError, store } = this.options;
    const { signal } = this.#stopping;
    try {
      const line = await askWitness(one.witness, { store, ledger, checkpoint, from: one.signed, signal });
      await this.#alone(() => storeCosignature(store, ledger, checkpoint, line));
      Object.assign(one, { signed: checkpoint.size, failures: 0 });
      onCosigned?.(one.witness, checkpoint.size);
    } catch (error) {
      // What fails because it is stopped is no news, nor that another instance had a newer checkpoint signed.
      if (signal.aborted || (await this.#isOutdated(error))) return;
      one.failures += 1;
      one.dueAt = performance.now() + this.#retryMs(one.failures);
      onError?.(one.witness, error, one.failures);
    }
  }

  async #isOutdated(error: unknown): Promise<boolean> {
    if (!(error instanceof NotCosigned) || error.stands === undefined) return false;
    const { ledger, store } = this.options;
    const latest = await latestCheckpoint(store, ledger).catch(() => undefined);
    if (latest === undefined || latest.size < error.stands) return false;
    this.#arrived(latest);
    return true;
  }

  #retryMs(attempt: number): number {
    return Math.min((this.options.retryMs ?? RETRY_MS) * 2 ** Math.min(attempt - 1, 20), MAX_RETRY_MS);
  }

  /** Ends early, by an AbortError, when there is something to do. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }

  /** One append after the other: lines of two witnesses meet in one note. */
  #alone(task: () => Promise<void>): Promise<void> {
    const done = this.#storing.then(task);
    this.#storing = done.catch(() => undefined);
    return done;
  }
}
