import { ledgerStream } from '@florin/contracts';
import { eventAt, sha256, type EventStore } from '@florin/event-store';
import {
  MAX_POSTINGS,
  createSealer,
  decide,
  decodeRecord,
  evolve,
  type Decision,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerState,
  type Sealer,
  type StoredForm,
} from '@florin/ledger';
import { loadBook, type LoadOptions } from '../load.js';
import { LedgerDamaged, LedgerUnavailable } from './refusals.js';

/** Rejects where nothing may be built on the log of a book as it is. */
export type LogCheck = (ledger: string) => Promise<void>;

/** What the writer of one book works with. */
export interface LedgerWriterOptions {
  readonly ledger: string;
  readonly currency: string;
  readonly store: Pick<EventStore, 'read' | 'append'>;
  readonly nowMs: () => number;
  /** Asked whenever the book is loaded. */
  readonly checkLog?: LogCheck;
  /** How snapshots are read; where one cannot be used, the log is replayed from its first event. */
  readonly snapshots?: Pick<LoadOptions, 'keys' | 'onFallback'>;
  /** Told of every state that was dropped, and why. */
  readonly onDropped?: (reason: Error) => void;
}

interface Waiting {
  readonly command: LedgerCommand;
  /** What the log has at the revision that a reversal names. */
  readonly original: LedgerEvent | undefined;
  readonly resolve: (decision: Decision) => void;
  readonly reject: (error: Error) => void;
}

/** The book as it will be when everything decided so far is in the log. */
interface Book {
  state: LedgerState;
  readonly sealer: Sealer;
}

/**
 * Postings of one append, each account opening counted as a few: enough to share its round trip, and well under the 1 MiB that
 * EventStoreDB takes in one append (a posting is stored in less than 100 bytes, an event without postings in 700).
 */
const maxBatchPostings = 5_000;
const postingsPerEvent = 8;
/** Appends under way at once: one being synced, one on its way. */
const maxInFlight = 2;
/** Commands that may wait; beyond it they are refused at once. */
const maxWaiting = 20_000;

/**
 * The single writer of one book. It decides commands in memory, in order, and appends them in batches with the expected
 * revision; the next batch is decided while the last one is still being written. A command resolves only once its outcome is
 * in the log. When an append fails (another writer, a lost connection) the state is dropped and what is not acknowledged
 * rejects with `LedgerUnavailable`: sent again, it is decided on what the log then says, and its entry id keeps it from
 * happening twice.
 */
export class LedgerWriter {
  private readonly waiting: Waiting[] = [];
  private book: Book | undefined;
  private loading: Promise<Book> | undefined;
  /** Found once, it stays: replaying a damaged history again and again would find the same. */
  private damage: LedgerDamaged | undefined;
  private lastAppend: Promise<unknown> = Promise.resolve();
  private inFlight = 0;
  private failure: Error | undefined;
  private pumping = false;

  constructor(private readonly deps: LedgerWriterOptions) {}

  /**
   * Decides a command; resolves when its outcome is durable. Rejects with `LedgerUnavailable` when the outcome is not known
   * and with `LedgerDamaged` when the history cannot be built upon.
   */
  submit(command: LedgerCommand): Promise<Decision> {
    if (command.type !== 'ReverseEntry') return this.enqueue(command);
    return this.eventAt(command.reverses.revision).then((original) => this.enqueue(command, original));
  }

  private enqueue(command: LedgerCommand, original?: LedgerEvent): Promise<Decision> {
    if (this.waiting.length >= maxWaiting) {
      return Promise.reject(
        new LedgerUnavailable(this.deps.ledger, new Error('too many commands are waiting')),
      );
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ command, original, resolve, reject });
      void this.pump();
    });
  }

  private async eventAt(revision: bigint): Promise<LedgerEvent | undefined> {
    if (revision < 0n) return undefined;
    const { store, ledger } = this.deps;
    try {
      const stored = await eventAt(store, ledgerStream(ledger), revision);
      return stored && decodeRecord(stored);
    } catch (error) {
      throw new LedgerUnavailable(ledger, error as Error);
    }
  }

  /** Rebuilds the state from the stream where it is not in memory; rejects while that cannot be done. */
  async load(): Promise<void> {
    await this.loaded();
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      // A turn of the event loop, so that commands submitted together are decided together.
      await Promise.resolve();
      while (this.waiting.length > 0 && this.inFlight < maxInFlight && this.failure === undefined) {
        const book = await this.loaded();
        this.writeBatch(book, this.waiting.splice(0, batchLength(this.waiting)));
      }
    } catch (error) {
      this.refuse(this.waiting.splice(0), error as Error);
    } finally {
      this.pumping = false;
    }
  }

  private writeBatch(book: Book, batch: Waiting[]): void {
    this.inFlight += 1;
    void this.decideAndAppend(book, batch)
      .then(
        (decisions) => batch.forEach(({ resolve }, index) => resolve(decisions[index] as Decision)),
        (error: Error) => {
          this.failure ??= error;
          this.refuse(batch, error);
        },
      )
      .finally(() => this.appended());
  }

  /** Decides at once, before anything is awaited, so that the next batch is decided on the state after this one. */
  private async decideAndAppend(book: Book, batch: Waiting[]): Promise<Decision[]> {
    const expected = book.state.revision;
    const stored: StoredForm[] = [];
    const decisions = batch.map(({ command, original }) => {
      const decision = decide(book.state, command, this.deps.nowMs(), original);
      for (const event of decision.events) {
        stored.push(book.sealer.seal(event));
        book.state = evolve(book.state, event);
      }
      return decision;
    });
    await this.append(stored, expected);
    return decisions;
  }

  /** Resolves when these events and all before them are in the log: "repeated" may rest on an append still under way. */
  private append(stored: StoredForm[], expected: bigint): Promise<unknown> {
    const { store, ledger } = this.deps;
    const append =
      stored.length === 0
        ? undefined
        : store.append(ledgerStream(ledger), stored, expected < 0n ? 'no_stream' : expected);
    const done = Promise.all([this.lastAppend, append]);
    this.lastAppend = done;
    return done;
  }

  private appended(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0 && this.failure !== undefined) {
      this.deps.onDropped?.(this.failure);
      this.book = undefined;
      this.failure = undefined;
      this.lastAppend = Promise.resolve();
    }
    void this.pump();
  }

  private refuse(batch: Waiting[], error: Error): void {
    const reason = error instanceof LedgerDamaged ? error : new LedgerUnavailable(this.deps.ledger, error);
    for (const { reject } of batch) reject(reason);
  }

  private async loaded(): Promise<Book> {
    if (this.book !== undefined) return this.book;
    if (this.damage !== undefined) throw this.damage;
    this.loading ??= this.replay().finally(() => (this.loading = undefined));
    return (this.book = await this.loading);
  }

  private async replay(): Promise<Book> {
    const { ledger, currency, store, snapshots } = this.deps;
    await this.deps.checkLog?.(ledger);
    const { replay } = await loadBook(store, ledger, { currency, ...snapshots });
    const { finding } = replay;
    if (finding !== undefined) {
      this.damage = new LedgerDamaged(ledger, finding.revision, finding.detail);
      throw this.damage;
    }
    return { state: replay.state, sealer: createSealer(ledger, sha256, replay.head) };
  }
}

/** How many of the waiting commands, at least one, fit into an append. */
function batchLength(waiting: readonly Waiting[]): number {
  let postings = 0;
  let length = 0;
  for (const { command } of waiting) {
    postings += postingsOf(command);
    if (length > 0 && postings > maxBatchPostings) return length;
    length += 1;
  }
  return length;
}

/** Of a reversal it is not known before its entry is looked at. */
function postingsOf(command: LedgerCommand): number {
  if (command.type === 'PostEntry') return postingsPerEvent + command.postings.length;
  if (command.type === 'ExpireHolds') return postingsPerEvent * command.limit;
  return command.type === 'ReverseEntry' ? postingsPerEvent + MAX_POSTINGS : postingsPerEvent;
}
