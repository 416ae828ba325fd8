import { Notary, NotaryRefusal } from '@florin/books';
import type { Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { WalletConfig } from '../config.js';
import { keysOf } from './signing.js';

interface Deps {
  readonly config: WalletConfig;
  readonly store: EventStore;
  /** Told of what is tried again. */
  readonly onHeldUp: (ledger: string, error: unknown, attempt: number) => void;
  /** Told once that nothing of a book is signed any more. */
  readonly onRefusal: (ledger: string, refusal: NotaryRefusal) => void;
}

/** Who signs the heads of the books that this instance follows. Nothing waits for them. */
export class Notaries {
  readonly #running = new Map<string, Notary>();

  constructor(private readonly deps: Deps) {}

  start({ ledger, currency }: Market): void {
    const { config, onHeldUp, onRefusal, store } = this.deps;
    const { signer, earlier } = keysOf(config, ledger);
    const notary = new Notary({
      ...{ ledger, currency, store, signer, earlierKeys: earlier, nowMs: Date.now },
      everyEntries: config.CHECKPOINT_ENTRIES,
      everyMs: config.CHECKPOINT_MS,
      onError: (error, attempt) =>
        error instanceof NotaryRefusal ? onRefusal(ledger, error) : onHeldUp(ledger, error, attempt),
    });
    this.#running.set(ledger, notary);
    notary.start();
  }

  async stop({ ledger }: Market): Promise<void> {
    await this.#running.get(ledger)?.stop();
    this.#running.delete(ledger);
  }

  /** Rejects with why nothing of a book is signed any more. */
  async check({ ledger }: Market): Promise<void> {
    const refusal = this.#running.get(ledger)?.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
  }
}
