import { Cosigner, Notary, NotaryRefusal, SnapshotKeeper } from '@florin/books';
import type { Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { WalletConfig } from '../config.js';
import { keysOf } from './signing.js';
import { witnessesOf, type WitnessWatch } from './witnesses.js';

interface Deps {
  readonly config: WalletConfig;
  readonly store: EventStore;
  /** Told of what is tried again. */
  readonly onHeldUp: (ledger: string, error: unknown, attempt: number) => void;
  /** Told of what witnesses do. */
  readonly witnesses: WitnessWatch;
  /** Told once that nothing of a book is signed any more. */
  readonly onRefusal: (ledger: string, refusal: NotaryRefusal) => void;
}

interface Running {
  readonly notary: Notary;
  readonly cosigner: Cosigner;
  readonly snapshots: SnapshotKeeper;
}

/** Who signs the heads of the books that this instance follows, has them co-signed, and keeps snapshots. Nothing waits for them. */
export class Notaries {
  readonly #running = new Map<string, Running>();

  constructor(private readonly deps: Deps) {}

  start({ ledger, currency }: Market): void {
    const { config, onHeldUp, onRefusal, store, witnesses } = this.deps;
    const { signer, earlier } = keysOf(config, ledger);
    const notary = new Notary({
      ...{ ledger, currency, store, signer, earlierKeys: earlier, nowMs: Date.now },
      everyEntries: config.CHECKPOINT_ENTRIES,
      everyMs: config.CHECKPOINT_MS,
      liabilities: { secret: config.LIABILITIES_SECRET, everyMs: config.LIABILITIES_MS },
      onError: (error, attempt) =>
        error instanceof NotaryRefusal ? onRefusal(ledger, error) : onHeldUp(ledger, error, attempt),
    });
    const cosigner = new Cosigner({
      ...{ ledger, store, witnesses: witnessesOf(config) },
      onCosigned: (witness, size) => witnesses.cosigned(ledger, witness, size),
      onError: (witness, error, attempt) => witnesses.failed(ledger, witness, error, attempt),
    });
    const snapshots = new SnapshotKeeper({
      ...{ ledger, currency, store, signer, earlierKeys: earlier },
      onError: (error, attempt) => onHeldUp(ledger, error, attempt),
    });
    this.#running.set(ledger, { notary, cosigner, snapshots });
    notary.start();
    cosigner.start();
    snapshots.start();
  }

  async stop({ ledger }: Market): Promise<void> {
    const running = this.#running.get(ledger);
    await Promise.all([running?.notary.stop(), running?.cosigner.stop(), running?.snapshots.stop()]);
    this.#running.delete(ledger);
  }

  /** Rejects with why nothing of a book is signed any more. */
  async check({ ledger }: Market): Promise<void> {
    const refusal = this.#running.get(ledger)?.notary.refusal;
    if (refusal !== undefined) return Promise.reject(refusal);
  }
}
