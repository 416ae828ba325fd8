import { allCosigned, cosignersOf, type CosignedCheckpoint, type StoredCheckpoint } from '@florin/books';
import type { EventStore } from '@florin/event-store';
import { Malformed, NoteUnverified, parseNote } from '@florin/proofs';
import { Fault } from './checkpoint-finding.js';
import type { Demand } from './cosign.js';

/** Witnesses sign after the book: so long a head may be without them. */
const GRACE_MS = 60_000;

/** Holds what witnesses have signed against the heads of a book, which are handed over in their order. */
export class CosignatureCheck {
  /** Events that the largest head covers that enough witnesses have signed. */
  size = 0;
  #missing: { readonly number: number; readonly timeMs: number } | undefined;
  #next: CosignedCheckpoint | undefined;
  readonly #cosigned: AsyncGenerator<CosignedCheckpoint>;

  constructor(
    store: EventStore,
    ledger: string,
    private readonly demand: Demand,
  ) {
    this.#cosigned = each(store, ledger);
  }

  /** Takes in a head and what was co-signed of it; `timeMs` is its own time. Throws `Fault`. */
  async take({ note, number, size }: StoredCheckpoint, timeMs: number): Promise<void> {
    try {
      this.#next ??= await this.#read();
      for (; this.#next !== undefined && this.#next.number <= number; this.#next = await this.#read()) {
        const cosigned = this.#next;
        const same = cosigned.number === number && cosigned.size === size;
        if (!same || parseNote(cosigned.note).text !== parseNote(note).text) {
          throw new Malformed('what was co-signed is not the head that is stored');
        }
        if (cosignersOf(cosigned.note, this.demand.keys).length >= this.demand.least) this.size = size;
      }
    } catch (error) {
      if (!(error instanceof Malformed || error instanceof NoteUnverified)) throw error;
      throw new Fault({ code: 'cosignature_invalid', checkpoint: number, detail: error.message });
    }
    if (this.size === size) this.#missing = undefined;
    else this.#missing ??= { number, timeMs };
  }

  /** Throws `Fault` where a head is older than a minute at `nowMs`, and none that was co-signed covers it. */
  end(nowMs: number): void {
    const missing = this.#missing;
    if (missing === undefined || (this.size > 0 && missing.timeMs >= nowMs - GRACE_MS)) return;
    const { keys, least } = this.demand;
    const detail = `${least} of ${keys.length} witnesses have co-signed ${this.size} events, which is less than it covers`;
    throw new Fault({ code: 'cosignatures_missing', checkpoint: missing.number, detail });
  }

  async #read(): Promise<CosignedCheckpoint | undefined> {
    const next = await this.#cosigned.next();
    return next.done === true ? undefined : next.value;
  }
}

async function* each(store: EventStore, ledger: string): AsyncGenerator<CosignedCheckpoint> {
  for await (const page of allCosigned(store, ledger)) yield* page;
}
