import { sha256 } from '@florin/event-store';
import {
  createReplay,
  type ChainHead,
  type Finding,
  type LedgerEvent,
  type LedgerState,
  type ReadRecord,
  type Replay,
  type StoredRecord,
} from '@florin/ledger';
import {
  leafHash,
  MerkleFrontier,
  TileWriter,
  type ClassTotal,
  type Hash,
  type LedgerHead,
} from '@florin/proofs';
import type { TreeStart } from './resume.js';
import { TileNodes, type FullTile } from './tiles.js';
import { ClassTotals, type Owed } from '../class-totals.js';

/** A book as it is verified event by event, and the Merkle tree over its events. */
export class BookTree {
  readonly #replay: Replay;
  readonly #frontier: MerkleFrontier;
  readonly #writer: TileWriter;
  readonly #totals: ClassTotals;
  #full: FullTile[] = [];
  #closedAt = 0;

  /**
   * `currency` (ISO 4217) is the one that the book must have; without it, the book says. Goes on from `start`, which is given
   * away; from the first event without.
   */
  constructor(ledger: string, currency?: string, start?: TreeStart) {
    this.#replay = createReplay(ledger, sha256, {
      ...(currency === undefined ? {} : { currency }),
      ...(start && { start: start.book }),
      onEvent: (event, _, text) => this.#take(event, text),
    });
    const nodes = new TileNodes(start?.edges);
    this.#writer = new TileWriter((tile) => this.#full.push(nodes.complete(tile)), start?.edges);
    this.#frontier = start?.frontier ?? new MerkleFrontier();
    this.#totals = start === undefined ? new ClassTotals() : ClassTotals.of(start.book.state);
  }

  /** Number of events that were right: leaves of the tree. */
  get size(): number {
    return this.#frontier.size;
  }

  get head(): ChainHead {
    return this.#replay.head;
  }

  /** Where the book's clock stands, in ms since the epoch. */
  get recordedAtMs(): number {
    return this.#replay.state.recordedAt;
  }

  /** The book after the events that were right; it changes with the next one. */
  get state(): LedgerState {
    return this.#replay.state;
  }

  /** The size that the tree had when the last period was closed; 0: none was since its start. */
  get closedAt(): number {
    return this.#closedAt;
  }

  /** Checks the next event and takes it in; returns the first finding of all. */
  accept(record: StoredRecord): Finding | undefined {
    return this.#replay.accept(record);
  }

  /** See `Replay.checkReversals`: holds those against their entries that came since it was asked last. */
  checkReversals(read: ReadRecord): Promise<Finding | undefined> {
    return this.#replay.checkReversals(read);
  }

  root(): Hash {
    return this.#frontier.root();
  }

  totals(): ClassTotal[] {
    return this.#totals.list();
  }

  /** What is owed to the users, and to how many accounts. */
  get owed(): Owed {
    return this.#totals.owed;
  }

  /** See `ClassTotals.owedFault`. */
  owedFault(said: Owed | undefined): string | undefined {
    return this.#totals.owedFault(said);
  }

  /** What is wrong with what a checkpoint of this size says of the book, as a sentence, or `undefined`. */
  headFault({ chain, liabilities, totals }: LedgerHead): string | undefined {
    if (chain !== this.head.hash) return `the chain hash is ${chain}, expected ${this.head.hash}`;
    return this.#totals.fault(totals) ?? this.owedFault(liabilities);
  }

  /** The tiles that are full since this was asked last, lower levels first. */
  takeTiles(): FullTile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  #take(event: LedgerEvent, text: string): void {
    const leaf = leafHash(text);
    this.#frontier.append(leaf);
    this.#writer.append(leaf);
    if (event.type === 'AccountOpened') this.#totals.open(event, this.#replay.state.currency);
    if (event.type === 'EntryPosted') this.#totals.add(event, this.#replay.state);
    if (event.type === 'PeriodClosed') this.#closedAt = this.#frontier.size;
  }
}
