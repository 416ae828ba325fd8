import { ledgerStream } from '@florin/contracts';
import { eventAt, sha256, type EventStore } from '@florin/event-store';
import {
  createSealer,
  decodeRecord,
  evolve,
  type Decision,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerState,
  type PostEntry,
  type Sealer,
  type StoredForm,
} from '@florin/ledger';
import { setImmediate as turn } from 'node:timers/promises';
import { loadBook, type LoadOptions } from '../load.js';
import { LedgerBusy, LedgerDamaged, LedgerUnavailable } from './refusals.js';
import {
  batchLength,
  partsOf,
  runAll,
  runEach,
  runOne,
  weightOf,
  type AllOrNothing,
  type See,
  type Waiting,
} from './waiting.js';

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

/** The book as it will be when everything decided so far is in the log. */
interface Book {
  state: LedgerState;
  readonly sealer: Sealer;
}

/** Batches under way at once: one being written, one decided and ready to be sent. */
const maxInFlight = 2;
/** What those that wait may weigh together, some 20,000 entries; beyond it they are refused at once. */
const maxWaitingWeight = 200_000;

/**
 * The single writer of one book. It decides commands in memory, in order, and appends them in batches with the expected
 * revision; the next batch is decided while the last one is still being written. A command resolves only once its outcome is
 * in the log. When an append fails (another writer, a lost connection) the state is dropped and what is not acknowledged
 * rejects with `LedgerUnavailable`: sent again, it is decided on what the log then says, and its entry id keeps it from
 * happening twice.
 */
export class LedgerWriter {
  private readonly waiting: Waiting[] = [];
  private waitingWeight = 0;
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
   * Decides a command; resolves when its outcome is durable. Rejects with `LedgerUnavailable` when the outcome is not known,
   * with `LedgerBusy` when too many wait, and with `LedgerDamaged` when the history cannot be built upon.
   */
  submit(command: LedgerCommand): Promise<Decision> {
    return this.decide(command, (decision) => decision);
  }

  /** As `submit`; resolves with what `see` makes of the decision and of the book right after it, before it is durable. */
  decide<T>(command: LedgerCommand, see: See<T>): Promise<T> {
    const waits = (original?: LedgerEvent) =>
      this.enqueue<T>(weightOf(command), runOne(command, original, see));
    if (command.type !== 'ReverseEntry') return waits();
    return this.eventAt(command.reverses.revision).then(waits);
  }

  /**
   * Decides entries all or nothing, in one append: where one of them is refused, or repeated and another is not, nothing of
   * them is recorded, and their ids may be used again. Together they weigh `MAX_APPEND_WEIGHT` at most.
   */
  decideAll<T>(commands: readonly PostEntry[], see: See<T>): Promise<AllOrNothing<T>> {
    const weight = commands.reduce((total, command) => total + weightOf(command), 0);
    return this.enqueue(weight, runAll(commands, see));
  }

  /**
   * As `decide` for each of them, in order; what fits into one append goes there together. Resolves when all are durable.
   * After a rejection, some may be in the log.
   */
  async decideEach<T>(commands: readonly LedgerCommand[], see: See<T>): Promise<T[]> {
    const parts = partsOf(commands).map((part) =>
      this.enqueue<T[]>(part.weight, runEach(part.commands, see)),
    );
    return (await Promise.all(parts)).flat();
  }

  /** What `see` makes of the book after all that was submitted before, once that is durable. Rejects as `submit` does. */
  look<T>(see: (state: LedgerState) => T): Promise<T> {
    return this.enqueue<T>(1, (state) => see(state()));
  }

  private enqueue<T>(weight: number, run: Waiting['run']): Promise<T> {
    if (this.waitingWeight >= maxWaitingWeight) return Promise.reject(new LedgerBusy(this.deps.ledger));
    return new Promise<T>((resolve, reject) => {
      this.waitingWeight += weight;
      this.waiting.push({ weight, run, resolve: resolve as Waiting['resolve'], reject });
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
      // A turn of the event loop, so that all that came together is decided together: an append costs more than an entry.
      await turn();
      while (this.waiting.length > 0 && this.inFlight < maxInFlight && this.failure === undefined) {
        const book = await this.loaded();
        this.writeBatch(book, this.take(batchLength(this.waiting)));
      }
    } catch (error) {
      this.refuse(this.take(this.waiting.length), error as Error);
    } finally {
      this.pumping = false;
    }
  }

  private take(count: number): Waiting[] {
    const taken = this.waiting.splice(0, count);
    for (const { weight } of taken) this.waitingWeight -= weight;
    return taken;
  }

  private writeBatch(book: Book, batch: Waiting[]): void {
    this.inFlight += 1;
    void this.decideAndAppend(book, batch)
      .then(
        (answers) => batch.forEach(({ resolve }, index) => resolve(answers[index])),
        (error: Error) => {
          this.failure ??= error;
          this.refuse(batch, error);
        },
      )
      .finally(() => this.appended());
  }

  /** Decides at once, before anything is awaited, so that the next batch is decided on the state after this one. */
  private async decideAndAppend(book: Book, batch: Waiting[]): Promise<unknown[]> {
    const expected = book.state.revision;
    const stored: StoredForm[] = [];
    const record = (event: LedgerEvent): void => {
      stored.push(book.sealer.seal(event));
      book.state = evolve(book.state, event);
    };
    const answers = batch.map(({ run }) => run(() => book.state, record, this.deps.nowMs()));
    await this.append(stored, expected);
    return answers;
  }

  /**
   * Resolves when these events and all before them are in the log: "repeated" may rest on an append still under way. An append
   * is sent only when the one before it is acknowledged: where that one failed and another writer has appended as many events
   * instead, the expected revision would be right, and what stands there not what this one was decided and chained on.
   */
  private append(stored: StoredForm[], expected: bigint): Promise<unknown> {
    if (stored.length === 0) return this.lastAppend;
    const { store, ledger } = this.deps;
    this.lastAppend = this.lastAppend.then(() =>
      store.append(ledgerStream(ledger), stored, expected < 0n ? 'no_stream' : expected),
    );
    return this.lastAppend;
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
