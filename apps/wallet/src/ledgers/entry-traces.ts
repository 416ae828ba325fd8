import type { CloudEvent } from '@florin/contracts';

export interface Trace {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Most traces remembered; the oldest go first. */
const capacity = 10_000;

/**
 * Which trace the outcome of a command belongs to, from the command until it is published. Kept beside the ledger and not in it: traces are
 * about our machines, the ledger is about money. After a restart the trace of an outcome is lost, the outcome is not.
 */
export class EntryTraces {
  private readonly traces = new Map<string, Trace>();

  remember(outcomeId: string, { traceparent, tracestate }: CloudEvent): void {
    if (traceparent === undefined) return;
    this.traces.set(outcomeId, { traceparent, ...(tracestate === undefined ? {} : { tracestate }) });
    if (this.traces.size <= capacity) return;
    for (const oldest of this.traces.keys()) {
      this.traces.delete(oldest);
      return;
    }
  }

  /** Answers the trace once, and forgets it. */
  take(outcomeId: string): Trace | undefined {
    const trace = this.traces.get(outcomeId);
    this.traces.delete(outcomeId);
    return trace;
  }
}
