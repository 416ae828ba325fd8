import { Notary, NotaryRefusal, SnapshotKeeper } from '@florin/books';
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

/** Who signs the heads of the books that this instance follows, and keeps their snapshots. Nothing waits for them. */
export class Notaries {
  readonly #running = new Map<string, { readonly notary: Notary; readonly snapshots: SnapshotKeeper }>();

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
    const snapshots = new SnapshotKeeper({
      ...{ ledger, currency, store, signer, earlierKeys: earlier },
      onError: (error, attempt) => onHeldUp(ledger, error, attempt),
    });
    this.#running.set(ledger, { notary, snapshots });
    notary.start();
    snapshots.start();
  }

  async stop({ ledger }: Market): Promise<void> {
    const running = this.#running.get(ledger);
    await Promise.all([running?.notary.stop(), running?.snapshots.stop()]);
    this.#running.delete(ledger);
  }

  /** Rejects with why nothing of a book is signed any more. */
  async check({ ledger }: Market): Promise<void> {
    const refusal = this.#running.get(ledger)?.notary.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
  }
}
