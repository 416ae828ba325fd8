import type { CloudEvent } from '@florin/contracts';

export interface Trace {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Most traces remembered; the oldest go first. */
const capacity = 10_000;

/**
 * Which trace an entry belongs to, from its command until it is published. Kept beside the ledger and not in it: traces are
 * about our machines, the ledger is about money. After a restart the trace of an entry is lost, the entry is not.
 */
export class EntryTraces {
  private readonly traces = new Map<string, Trace>();

  remember(entryId: string, { traceparent, tracestate }: CloudEvent): void {
    if (traceparent === undefined) return;
    this.traces.set(entryId, { traceparent, ...(tracestate === undefined ? {} : { tracestate }) });
    if (this.traces.size <= capacity) return;
    for (const oldest of this.traces.keys()) {
      this.traces.delete(oldest);
      return;
    }
  }

  /** Answers the trace once, and forgets it. */
  take(entryId: string): Trace | undefined {
    const trace = this.traces.get(entryId);
    this.traces.delete(entryId);
    return trace;
  }
}
