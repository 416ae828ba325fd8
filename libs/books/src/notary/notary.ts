import { ledgerStream } from '@florin/contracts';
import {
  eventAt,
  EventStoreUnavailable,
  WrongExpectedRevision,
  type EventStore,
  type StoredEvent,
  type Subscription,
} from '@florin/event-store';
import {
  Malformed,
  NoteUnverified,
  verifyConsistency,
  type SignerKey,
  type VerifierKey,
} from '@florin/proofs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { OwedHeads, type OwedOptions } from '../liabilities/owed-heads.js';
import { BookTree } from './book-tree.js';
import {
  appendCheckpoint,
  latestCheckpoint,
  openCheckpoint,
  owedWithin,
  signCheckpoint,
  type OpenedCheckpoint,
  type StoredCheckpoint,
} from './checkpoints.js';
import { proveConsistency } from './prove.js';
import { checkLogReaches, damaged, inconsistent, NotaryRefusal } from './refusal.js';
import { treeStart, type TreeStart } from './resume.js';
import { storeTiles, TileDiffers, type FullTile } from './tiles.js';

export interface NotaryOptions {
  readonly ledger: string;
  /** ISO 4217 code that the book must have. */
  readonly currency: string;
  readonly store: Pick<EventStore, 'append' | 'read' | 'subscribe'>;
  /** Signs from now on; named as the book's origin is (`ledgerOrigin`). */
  readonly signer: SignerKey;
  /** Keys of the same name that signed before. */
  readonly earlierKeys?: readonly VerifierKey[];
  /** A checkpoint is made after this many events at the latest … */
  readonly everyEntries: number;
  /** … and after this time, in ms, where there is anything new. */
  readonly everyMs: number;
  /** Has checkpoints say what is owed to users; without it none does. */
  readonly liabilities?: OwedOptions;
  readonly nowMs: () => number;
  /** Passes in ms as time does, and never goes back, whatever the clock is set to; for specs. */
  readonly sinceMs?: () => number;
  /** Told of everything that has to be tried again, and once of a refusal; `attempt` counts from 1. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

const MAX_BATCH = 500;
/** Attempts to be the one who signs next, before the next time. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 1_000;

/**
 * Follows a book, verifies every event, keeps the tiles of its tree and signs its head. It signs only what was verified under
 * its own key: by itself, from the first event on, or up to a snapshot that the key has signed, and that a signed head covers.
 * Nothing is signed that does not begin with all that was signed before. Several may follow one book: expected revisions let one
 * of them sign at a time.
 */
export class Notary {
  #tree: BookTree;
  /** Full, and not known to be stored. */
  #tiles: FullTile[] = [];
  /** The newest checkpoint as far as it is known: signed here, or read and found to be ours. */
  #last: StoredCheckpoint | undefined;
  /** Whether `#last` is the newest, and consistent with the tree. */
  #lastIsKnown = false;
  #lastTimeMs = 0;
  /** A checkpoint ahead of the tree: what it says is compared when the tree gets there. */
  #ahead: OpenedCheckpoint | undefined;
  readonly #owed: OwedHeads | undefined;
  #refusal: NotaryRefusal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #subscription: Subscription | undefined;
  #starting: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(private readonly options: NotaryOptions) {
    const { currency, ledger, liabilities, nowMs, onError, sinceMs = () => performance.now() } = options;
    this.#tree = new BookTree(ledger, currency);
    this.#owed =
      liabilities && new OwedHeads(liabilities, { nowMs, sinceMs }, (error) => onError?.(error, 1));
  }

  /** Why nothing is signed any more, if so. */
  get refusal(): NotaryRefusal | undefined {
    return this.#refusal;
  }

  /** Begins where a signed snapshot and the tiles let it, or at the first event. */
  start(): void {
    this.#starting = this.#follow();
  }

  /** Ends once what is under way is stored. What is not signed yet is signed by the next notary. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    this.#owed?.stop();
    await this.#starting;
    await this.#subscription?.stop();
    await this.#turn;
  }

  async #follow(): Promise<void> {
    const { currency, ledger, onError, store } = this.options;
    await this.#alone(async () => {
      const start = await this.#treeStart();
      if (start !== undefined) this.#tree = new BookTree(ledger, currency, start);
      this.#checkAhead();
    });
    if (this.#stopping.signal.aborted || this.#refusal !== undefined) return;
    const { revision } = this.#tree.head;
    this.#subscription = store.subscribe(
      ledgerStream(ledger),
      { maxBatch: MAX_BATCH, ...(revision < 0n ? {} : { after: revision }), ...(onError && { onError }) },
      (batch) => this.#take(batch),
    );
    // A log that was emptied hands over no event to notice it by.
    this.#signIn(0);
  }

  /**
   * What keeps it from a snapshot is told, and is no reason not to begin at the first event; but an event store that is away is
   * waited for, rather than to replay all of a book when it is back.
   */
  async #treeStart(): Promise<TreeStart | undefined> {
    const { earlierKeys = [], ledger, signer, store } = this.options;
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        const last = await readLast(this.options);
        if (last === undefined) return undefined;
        this.#ahead = last.opened;
        return await treeStart(store, ledger, [signer.verifier, ...earlierKeys], last.opened);
      } catch (error) {
        if (error instanceof NotaryRefusal) throw error;
        this.options.onError?.(error, attempt);
        if (!(error instanceof EventStoreUnavailable)) return undefined;
        // Ends early, by an AbortError, when the notary is stopped.
        await sleep(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #take(batch: readonly StoredEvent[]): Promise<void> {
    const began = performance.now();
    await this.#alone(async () => {
      for (const stored of batch) {
        this.#accept(stored);
        if (this.#owed?.isClosing(this.#tree) === true) {
          await this.#storeTiles();
          await this.#signHead();
        }
      }
      await this.#storeTiles();
      if (this.#tree.size >= (this.#last?.size ?? 0) + this.options.everyEntries) await this.#signHead();
    });
    this.#signIn(this.options.everyMs);
    // Whoever reads a long history gives way to those that share the processor.
    if (batch.length === MAX_BATCH) await sleep(performance.now() - began);
  }

  /** An event comes again when a batch failed after it was taken in. */
  #accept(stored: StoredEvent): void {
    if (stored.revision <= this.#tree.head.revision) return;
    const finding = this.#tree.accept(stored);
    if (finding !== undefined) throw damaged(this.options.ledger, finding);
    this.#tiles.push(...this.#tree.takeTiles());
    this.#checkAhead();
  }

  /** What was signed of a book must be what its events say, when the tree has come as far. */
  #checkAhead(): void {
    if (this.#ahead === undefined || this.#ahead.size > this.#tree.size) return;
    const { head, size } = this.#ahead;
    const fault = size === this.#tree.size ? this.#tree.headFault(head) : undefined;
    if (fault !== undefined) throw inconsistent(this.options.ledger, size, fault);
    this.#ahead = undefined;
  }

  async #storeTiles(): Promise<void> {
    const { ledger, store } = this.options;
    try {
      await storeTiles(store, ledger, this.#tiles);
      this.#tiles = [];
    } catch (error) {
      if (!(error instanceof TileDiffers)) throw error;
      throw new NotaryRefusal('TILE_DIFFERS', error.message, error);
    }
  }

  /** Sees to it that what is new then is signed, where nobody has done so before. */
  #signIn(delayMs: number): void {
    if (this.#timer !== undefined || this.#stopping.signal.aborted || this.#refusal !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#alone(() => this.#signHead()).catch((error: unknown) => {
        this.options.onError?.(error, 1);
        this.#signIn(this.options.everyMs);
      });
    }, delayMs);
  }

  /** Signs the head of what was taken in, unless somebody has. */
  async #signHead(): Promise<void> {
    if (this.#tiles.length > 0) return;
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!(await this.#knowLast()) || this.#tree.size === (this.#last?.size ?? 0)) return;
        return await this.#appendHead();
      } catch (error) {
        // Somebody else was faster, or the outcome is not known: look again.
        this.#lastIsKnown = false;
        if (!(error instanceof WrongExpectedRevision) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #appendHead(): Promise<void> {
    const { ledger, nowMs, signer, store } = this.options;
    const tree = this.#tree;
    const finding = await tree.checkReversals((revision) => eventAt(store, ledgerStream(ledger), revision));
    if (finding !== undefined) throw damaged(ledger, finding);
    // The clocks of two machines differ; no checkpoint is older than what it covers.
    const timeMs = Math.max(nowMs(), tree.recordedAtMs, this.#lastTimeMs);
    const liabilities = await this.#owed?.head(tree);
    const head = { chain: tree.head.hash, timeMs, totals: tree.totals(), liabilities };
    const { size } = tree;
    const owed = liabilities !== undefined;
    const note = signCheckpoint({ size, root: tree.root(), head }, signer);
    this.#last = await appendCheckpoint(store, ledger, { note, size, keyId: signer.id, owed }, this.#last);
    this.#lastTimeMs = timeMs;
    if (owed) this.#owed?.saidAt({ size, timeMs });
  }

  /** Whether the newest checkpoint is known, and the tree begins with what it covers; false while the tree is smaller. */
  async #knowLast(): Promise<boolean> {
    if (this.#lastIsKnown) return true;
    const { ledger, store } = this.options;
    const last = await readLast(this.options);
    this.#last = last?.stored;
    this.#lastTimeMs = last?.opened.head.timeMs ?? 0;
    if (last !== undefined && last.opened.size > this.#tree.size) {
      await checkLogReaches(store, ledger, last.opened.size);
      this.#ahead = last.opened;
      return false;
    }
    if (last !== undefined) await this.#checkBeginsWith(last.opened);
    this.#owed?.saidAt(await readOwed(this.options, last?.stored));
    this.#lastIsKnown = true;
    return true;
  }

  async #checkBeginsWith({ size, root }: OpenedCheckpoint): Promise<void> {
    const { ledger, store } = this.options;
    const tree = this.#tree;
    const proof = await proveConsistency(store, ledger, size, tree.size);
    if (verifyConsistency(size, tree.size, root, tree.root(), proof)) return;
    throw inconsistent(ledger, size, 'it was written anew');
  }

  /** One task after the other. A refusal ends the work for good, and is not tried again. */
  #alone(task: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      if (this.#refusal !== undefined) return;
      try {
        await task();
      } catch (error) {
        if (!(error instanceof NotaryRefusal)) throw error;
        this.#refusal = error;
        this.options.onError?.(error, 1);
      }
    });
    // Whoever waits for the task is told of its failure.
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** The newest checkpoint that says what is owed. One that is not of ours does not count. */
async function readOwed(
  { earlierKeys = [], ledger, signer, store }: NotaryOptions,
  last: StoredCheckpoint | undefined,
): Promise<{ size: number; timeMs: number } | undefined> {
  const found = last && (await owedWithin(store, ledger, last));
  if (found === undefined) return undefined;
  try {
    const { head, size } = openCheckpoint(found.note, ledger, [signer.verifier, ...earlierKeys]);
    return head.liabilities && { size, timeMs: head.timeMs };
  } catch (error) {
    if (error instanceof Malformed || error instanceof NoteUnverified) return undefined;
    throw error;
  }
}

async function readLast({
  earlierKeys,
  ledger,
  signer,
  store,
}: NotaryOptions): Promise<{ stored: StoredCheckpoint; opened: OpenedCheckpoint } | undefined> {
  try {
    const stored = await latestCheckpoint(store, ledger);
    if (stored === undefined) return undefined;
    const opened = openCheckpoint(stored.note, ledger, [signer.verifier, ...(earlierKeys ?? [])]);
    if (opened.size !== stored.size)
      throw new Malformed(`it covers ${opened.size} events, not ${stored.size}`);
    return { stored, opened };
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof NoteUnverified)) throw error;
    const message = `the last checkpoint of ${ledger} was not signed by a key that is known here: ${error.message}`;
    throw new NotaryRefusal('CHECKPOINT_FOREIGN', message, error);
  }
}
