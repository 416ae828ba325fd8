import { outcomeIdIn, type CloudEvent } from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import type { Sql } from '@florin/messaging';
import { toPublished } from './ledger.events.js';
import { saveProgress } from './progress.js';

interface Deps {
  readonly ledger: string;
  readonly sql: Sql;
  readonly publish: (events: CloudEvent[]) => Promise<void>;
  /** Trace context of the command that had this outcome, where this instance decided it. */
  readonly traceOf: (outcomeId: string) => { traceparent: string; tracestate?: string } | undefined;
  readonly nowMs: () => number;
}

/** How long a place may be unsaved: after a crash at most this much is published again, under the same ids. */
const saveEveryMs = 250;

/**
 * Publishes a ledger's events from the log that stored them, in order, at least once. The place is kept in PostgreSQL and saved
 * now and then rather than after each batch: consumers know events by their ids, and a commit per batch would cost a sync.
 */
export class LedgerPublisher {
  private unsaved: bigint | undefined;
  private savedAtMs = 0;

  constructor(private readonly deps: Deps) {}

  async publish(batch: readonly StoredEvent[]): Promise<void> {
    const events = batch.map((stored) => this.toEvent(stored)).filter((event) => event !== undefined);
    await this.deps.publish(events);
    this.unsaved = batch.at(-1)?.revision ?? this.unsaved;
    if (this.deps.nowMs() - this.savedAtMs >= saveEveryMs) await this.save();
  }

  /** Saves the place; also the last thing to do before stopping. */
  async save(): Promise<void> {
    if (this.unsaved === undefined) return;
    await saveProgress(this.deps.sql, 'publisher', this.deps.ledger, this.unsaved);
    this.unsaved = undefined;
    this.savedAtMs = this.deps.nowMs();
  }

  private toEvent(stored: StoredEvent): CloudEvent | undefined {
    const event = toPublished(this.deps.ledger, stored);
    if (event === undefined) return undefined;
    const id = outcomeIdIn(event.data as object);
    const trace = id === undefined ? undefined : this.deps.traceOf(id);
    return trace ? { ...event, ...trace } : event;
  }
}
