import {
  allCheckpoints,
  BookTree,
  compareTiles,
  openCheckpoint,
  TileDiffers,
  type OpenedCheckpoint,
  type StoredCheckpoint,
} from '@florin/books';
import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, type EventStore } from '@florin/event-store';
import { formatLedgerHead, Malformed, NoteUnverified, type VerifierKey } from '@florin/proofs';

import { Fault, type CheckpointFinding } from './checkpoint-finding.js';
import { CosignatureCheck } from './cosignature-check.js';
import type { Demand } from './cosign.js';

export interface CheckpointsReport {
  readonly ledger: string;
  /** Checkpoints that hold, up to the finding. */
  readonly checkpoints: number;
  /** Events that the last of them covers. */
  readonly size: number;
  /** Events of the book that were read. */
  readonly events: number;
  /** Keys that have signed them, as name+id. */
  readonly signers: readonly string[];
  /** Events that the largest head covers that enough witnesses have signed; `undefined` where nobody asked for that. */
  readonly cosigned: number | undefined;
  readonly finding: CheckpointFinding | undefined;
}

interface Options {
  /** Whose signatures count. */
  readonly keys: readonly VerifierKey[];
  /** The last revision that is read, and that heads cover; by default the last there is. */
  readonly upTo?: bigint | undefined;
  /** Cosignatures that there must be. */
  readonly demand?: Demand | undefined;
  readonly nowMs: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Replays a book from its first event on and holds every signed head against it, and every tile: signature, root, chain, totals
 * per class, time. Stops at the first that is wrong.
 */
export async function checkCheckpoints(
  store: EventStore,
  ledger: string,
  options: Options,
): Promise<CheckpointsReport> {
  const check = new CheckpointCheck(store, ledger, options);
  let finding: CheckpointFinding | undefined;
  try {
    await check.run();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    finding = error.finding;
  }
  return { ledger, ...check.passed, finding };
}

class CheckpointCheck {
  private readonly tree: BookTree;
  private readonly cosignatures: CosignatureCheck | undefined;
  private readonly signers = new Set<string>();
  private count = 0;
  private last: OpenedCheckpoint | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly ledger: string,
    private readonly options: Options,
  ) {
    this.tree = new BookTree(ledger);
    if (options.demand !== undefined) this.cosignatures = new CosignatureCheck(store, ledger, options.demand);
  }

  get passed(): Omit<CheckpointsReport, 'finding' | 'ledger'> {
    const { count: checkpoints, last, signers, tree } = this;
    const cosigned = this.cosignatures?.size;
    return { checkpoints, size: last?.size ?? 0, events: tree.size, signers: [...signers], cosigned };
  }

  async run(): Promise<void> {
    const { ledger, store } = this;
    const { nowMs, onProgress, upTo } = this.options;
    const total = Number(upTo ?? (await headOf(store, ledgerStream(ledger)))) + 1;
    const heads = this.heads(upTo === undefined ? Number.MAX_SAFE_INTEGER : total);
    let next = await heads.next();
    const limit = upTo === undefined ? {} : { maxCount: total };
    for await (const page of store.read(ledgerStream(ledger), limit)) {
      for (const event of page) {
        const finding = this.tree.accept(event);
        if (finding !== undefined) throw this.damaged(`revision ${finding.revision}: ${finding.detail}`);
        for (; !next.done && next.value.opened.size === this.tree.size; next = await heads.next()) {
          this.holdAgainst(next.value.stored, next.value.opened);
          await this.cosignatures?.take(next.value.stored, next.value.opened.head.timeMs);
        }
      }
      await this.checkTiles();
      onProgress?.(this.tree.size, total);
    }
    if (!next.done) {
      const { opened, stored } = next.value;
      const detail = `it covers ${opened.size} events, but the log has ${this.tree.size}`;
      throw new Fault({ code: 'checkpoint_beyond_log', checkpoint: stored.number, detail });
    }
    const reversal = await this.tree.checkReversals((at) => eventAt(store, ledgerStream(ledger), at));
    if (reversal !== undefined) throw this.damaged(`revision ${reversal.revision}: ${reversal.detail}`);
    if (this.count > 0)
      return this.cosignatures?.end(upTo === undefined ? nowMs : (this.last?.head.timeMs ?? 0));
    const what = upTo === undefined ? 'ever signed' : 'signed by then';
    const detail = `nothing was ${what} of ${ledger} in this event store`;
    throw new Fault({ code: 'checkpoints_missing', checkpoint: undefined, detail });
  }

  /** Every checkpoint of at most this size, opened; each larger than the one before. */
  private async *heads(most: number): AsyncGenerator<{ stored: StoredCheckpoint; opened: OpenedCheckpoint }> {
    let size = 0;
    for await (const page of this.stored()) {
      for (const stored of page) {
        // What is written beside a note is signed by nobody: it is held against the note before it is believed.
        const opened = this.opened(stored);
        if (opened.size !== stored.size) {
          throw invalid(stored.number, `it covers ${opened.size} events, and is stored as if ${stored.size}`);
        }
        if (opened.size <= size) {
          throw invalid(stored.number, `it covers ${opened.size} events, after one that covers ${size}`);
        }
        if (opened.size > most) return;
        size = opened.size;
        yield { stored, opened };
      }
    }
  }

  private async *stored(): AsyncGenerator<StoredCheckpoint[]> {
    try {
      yield* allCheckpoints(this.store, this.ledger);
    } catch (error) {
      throw error instanceof Malformed ? invalid(undefined, error.message) : error;
    }
  }

  private opened({ note, number }: StoredCheckpoint): OpenedCheckpoint {
    try {
      return openCheckpoint(note, this.ledger, this.options.keys);
    } catch (error) {
      const known = error instanceof Malformed || error instanceof NoteUnverified;
      throw known ? invalid(number, error.message) : error;
    }
  }

  private holdAgainst({ number }: StoredCheckpoint, opened: OpenedCheckpoint): void {
    const { head, key, root } = opened;
    const wrong = (code: CheckpointFinding['code'], detail: string): Fault =>
      new Fault({ code, checkpoint: number, detail });
    const expected = this.tree.root();
    if (!root.equals(expected)) {
      throw wrong(
        'root_differs',
        `its root is ${root.toString('hex')}, expected ${expected.toString('hex')}`,
      );
    }
    if (head.chain !== this.tree.head.hash) {
      throw wrong('chain_differs', `its chain hash is ${head.chain}, expected ${this.tree.head.hash}`);
    }
    const [found, due] = [head.totals, this.tree.totals()].map((totals) =>
      formatLedgerHead({ ...head, totals, liabilities: undefined })
        .slice(2)
        .join(', '),
    );
    if (found !== due) throw wrong('totals_differ', `its totals are ${found}, expected ${due}`);
    const owedFault = this.tree.owedFault(head.liabilities);
    if (owedFault !== undefined) throw wrong('liabilities_differ', owedFault);
    const earliest = Math.max(this.tree.recordedAtMs, this.last?.head.timeMs ?? 0);
    if (head.timeMs < earliest) {
      const [time, before] = [head.timeMs, earliest].map((timeMs) => new Date(timeMs).toISOString());
      throw wrong('time_backwards', `its time is ${time}, before ${before}, which it follows`);
    }
    this.count += 1;
    this.last = opened;
    this.signers.add(`${key.name}+${key.id}`);
  }

  /** Tiles may be missing at the end, where the notary has not come yet. */
  private async checkTiles(): Promise<void> {
    const byLevel = Object.groupBy(this.tree.takeTiles(), (tile) => tile.level);
    try {
      for (const tiles of Object.values(byLevel)) await compareTiles(this.store, this.ledger, tiles ?? []);
    } catch (error) {
      if (!(error instanceof TileDiffers)) throw error;
      throw new Fault({ code: 'tile_differs', checkpoint: undefined, detail: error.message });
    }
  }

  private damaged(detail: string): Fault {
    return new Fault({ code: 'ledger_damaged', checkpoint: undefined, detail });
  }
}

function invalid(checkpoint: number | undefined, detail: string): Fault {
  return new Fault({ code: 'checkpoint_invalid', checkpoint, detail });
}
