import type { LiabilitiesHead } from '@florin/proofs';
import type { BookTree } from '../notary/book-tree.js';
import { liabilitiesTree } from './tree.js';

export interface OwedOptions {
  /** The installation's secret that those of trees are made of. */
  readonly secret: string;
  /** What is owed is told again after this time, in ms. */
  readonly everyMs: number;
}

interface Clocks {
  readonly nowMs: () => number;
  /** Passes in ms, and never goes back: `nowMs` may be set. */
  readonly sinceMs: () => number;
}

/** When checkpoints of one book say what is owed to its users, and what they say. */
export class OwedHeads {
  /** The newest checkpoint that says it, and when that was, by `sinceMs`. */
  #last: { readonly size: number; readonly atMs: number } | undefined;
  /** A checkpoint may have to be signed again, when somebody else was faster. */
  #made: { readonly size: number; readonly head: LiabilitiesHead } | undefined;
  readonly #stopping = new AbortController();

  constructor(
    private readonly options: OwedOptions,
    private readonly clocks: Clocks,
    /** Told where the tree cannot be built. */
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * The newest checkpoint that says what is owed; `undefined`: none does. One of a time that is still to come was made by a clock
   * that was fast: it is as if it were made now, so that the next one need not wait for that time.
   */
  saidAt(last: { readonly size: number; readonly timeMs: number } | undefined): void {
    if (last !== undefined && last.size === this.#last?.size) return;
    const { nowMs, sinceMs } = this.clocks;
    this.#last = last && { size: last.size, atMs: sinceMs() - Math.max(nowMs() - last.timeMs, 0) };
  }

  /** Whether a period of the book was closed by its last event: its balances then are to be told. */
  isClosing(tree: BookTree): boolean {
    return tree.closedAt === tree.size && tree.closedAt > (this.#last?.size ?? 0);
  }

  /**
   * What a checkpoint of the book as it is says; `undefined` where it is not due: it is in the first
   * one, in the first after the end of a period, and after `everyMs`. What cannot be built keeps nobody from signing.
   */
  async head(tree: BookTree): Promise<LiabilitiesHead | undefined> {
    const last = this.#last;
    const now = this.clocks.sinceMs();
    const isDue = last === undefined || now - last.atMs >= this.options.everyMs || tree.closedAt > last.size;
    if (!isDue) return undefined;
    if (this.#made?.size === tree.size) return this.#made.head;
    try {
      const { head } = await liabilitiesTree(tree.state, this.options.secret, this.#stopping.signal);
      this.#made = { size: tree.size, head };
      return head;
    } catch (error) {
      if (this.#stopping.signal.aborted) return undefined;
      // The same would come of it with the next checkpoint.
      this.#last = { size: tree.size, atMs: now };
      this.onError(error);
      return undefined;
    }
  }

  /** Gives up what is being built. */
  stop(): void {
    this.#stopping.abort();
  }
}
