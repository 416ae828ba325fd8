import { ledgerStream } from '@florin/contracts';
import {
  sha256,
  WrongExpectedRevision,
  type EventStore,
  type StoredEvent,
  type Subscription,
} from '@florin/event-store';
import { createReplay, type LedgerEvent, type Replay } from '@florin/ledger';
import type { SignerKey, VerifierKey } from '@florin/proofs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { SnapshotReader } from './reader.js';
import { SnapshotUnusable } from './record.js';
import { NO_SNAPSHOT, SnapshotWriter } from './writer.js';

export interface SnapshotKeeperOptions {
  readonly ledger: string;
  /** ISO 4217 code that the book must have. */
  readonly currency: string;
  readonly store: Pick<EventStore, 'append' | 'read' | 'subscribe'>;
  /** Signs the records; those that there are must be signed by it or by one of `earlierKeys`. */
  readonly signer?: SignerKey;
  readonly earlierKeys?: readonly VerifierKey[];
  readonly segmentEvents?: number;
  /** Told of everything that has to be tried again, and once of what ends the work; `attempt` counts from 1. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

interface Opened {
  /** Records that there were. */
  readonly segments: number;
  readonly replay: Replay;
  readonly writer: SnapshotWriter;
  /** The event that was taken in last. */
  event: LedgerEvent | undefined;
}

const MAX_BATCH = 500;
const RETRY_MS = 1_000;

/** Times that another was faster, or seemed to be, without there being one more record: then something else is wrong. */
const MAX_LOST = 5;

/**
 * Follows a book from its last snapshot, verifies every event, and adds a record at the end of each segment. Where another was
 * faster it goes on after the other's last record. Where there is a snapshot that cannot be used it adds none: the book is still
 * loaded, from its first event.
 */
export class SnapshotKeeper {
  #opened: Opened | undefined;
  #subscription: Subscription | undefined;
  #starting: Promise<void> = Promise.resolve();
  #ended = false;
  /** Whether what the subscription still hands over is left to the one that begins anew. */
  #lost = false;
  /** How often it began anew in a row, and found no record more than before. */
  #lostInVain = 0;
  readonly #stopping = new AbortController();

  constructor(private readonly options: SnapshotKeeperOptions) {}

  /** Begins at the last snapshot. What goes wrong is told to `onError`. */
  start(): void {
    this.#starting = this.#begin();
  }

  /** Ends once what is under way is stored. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#stopping.abort();
    await this.#starting;
    await this.#subscription?.stop();
  }

  /** An event store that is away is waited for; a snapshot that cannot be used stays so. */
  async #begin(): Promise<void> {
    for (let attempt = 1; !this.#ended; attempt += 1) {
      try {
        return await this.#follow();
      } catch (error) {
        if (error instanceof SnapshotUnusable) return this.#end(error);
        this.options.onError?.(error, attempt);
        await this.#pause();
      }
    }
  }

  async #follow(): Promise<void> {
    const { ledger, onError, store } = this.options;
    const opened = await this.#open();
    if (this.#ended) return;
    this.#lostInVain = opened.segments === this.#opened?.segments ? this.#lostInVain + 1 : 0;
    this.#opened = opened;
    this.#lost = false;
    const { revision } = opened.replay.head;
    this.#subscription = store.subscribe(
      ledgerStream(ledger),
      { maxBatch: MAX_BATCH, ...(revision < 0n ? {} : { after: revision }), ...(onError && { onError }) },
      (batch) => this.#take(batch),
    );
  }

  async #open(): Promise<Opened> {
    const { currency, earlierKeys = [], ledger, segmentEvents, signer, store } = this.options;
    const keys = signer && [signer.verifier, ...earlierKeys];
    const reader = new SnapshotReader({ store, ledger, ...(keys && { keys }) });
    const segments = await reader.segments();
    const start = segments > 0 ? await reader.resume(segments) : undefined;
    const opened: Opened = {
      segments,
      replay: createReplay(ledger, sha256, {
        ...{ currency, onEvent: (event) => (opened.event = event) },
        ...(start && { start }),
      }),
      writer: new SnapshotWriter(
        { store, ledger, ...(signer && { key: signer }), ...(segmentEvents && { segmentEvents }) },
        start?.place ?? NO_SNAPSHOT,
        start?.state,
      ),
      event: undefined,
    };
    return opened;
  }

  async #take(batch: readonly StoredEvent[]): Promise<void> {
    const began = performance.now();
    for (const stored of batch) {
      if (this.#ended || this.#lost) return;
      try {
        await this.#accept(stored);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        return this.#lose(error);
      }
    }
    // Whoever reads a long history gives way to those that share the processor.
    if (batch.length === MAX_BATCH) await sleep(performance.now() - began);
  }

  /** An event comes again when its record could not be stored: it was taken in by the book, but not by the writer. */
  async #accept(stored: StoredEvent): Promise<void> {
    const { replay, writer } = this.#opened as Opened;
    if (stored.revision > replay.head.revision) {
      const finding = replay.accept(stored);
      if (finding !== undefined) return this.#end(new SnapshotUnusable(finding.detail));
    }
    if (stored.revision < replay.head.revision) return;
    await writer.take((this.#opened as Opened).event as LedgerEvent, replay.state, replay.head);
  }

  /**
   * Somebody else has stored the record, such as who led the book before, or it was stored here and its acknowledgement was lost:
   * begins anew after the last one there is.
   */
  #lose(error: WrongExpectedRevision): void {
    if (this.#ended) return;
    if (this.#lostInVain >= MAX_LOST) return this.#end(error);
    this.#lost = true;
    this.options.onError?.(error, this.#lostInVain + 1);
    const subscription = this.#subscription;
    this.#starting = this.#starting.then(async () => {
      await subscription?.stop();
      await this.#pause();
      await this.#begin();
    });
  }

  /** Ends early, by an AbortError, when the keeper is stopped. */
  async #pause(): Promise<void> {
    await sleep(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #end(error: unknown): void {
    this.#ended = true;
    this.options.onError?.(error, 1);
  }
}
