import { percentile } from './measure.js';
import type { Span } from './span-collector.js';

/** The way of a payment, in its order. What is between two services (outbox, Kafka, event store's subscription) has no span: it is the gap. */
export const stages = [
  'gateway: to payments',
  'payments: payee asked of identity',
  'payments: recorded, command over Kafka to the wallet',
  'wallet: decided and stored in the event store',
  'wallet: published over Kafka to payments',
  'payments: completed',
  'payments, gateway: answered',
  'notifications: told, after the answer',
] as const;

export type Stage = (typeof stages)[number];

export interface StageFigures {
  readonly stage: Stage;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Path {
  /** Payments whose spans are all there; of a batch of more than 32 events, a span knows 32 traces. */
  readonly followed: number;
  readonly stages: readonly StageFigures[];
}

/** The stages of every payment that began and ended in these spans. */
export function pathOf(spans: readonly Span[]): Path {
  const payments = [...byTrace(spans).values()].flatMap((trace) => {
    const durations = durationsOf(trace);
    return durations === undefined ? [] : [durations];
  });
  return {
    followed: payments.length,
    stages: stages.map((stage, i) => {
      const ms = payments.map((durations) => durations[i] as number);
      return { stage, p50Ms: percentile(ms, 50), p99Ms: percentile(ms, 99) };
    }),
  };
}

/** The spans of each payment: those of a trace that has the gateway's, and those linked to it. */
function byTrace(spans: readonly Span[]): Map<string, Span[]> {
  const found = new Map<string, Span[]>();
  for (const span of spans) {
    if (span.service === 'gateway' && span.name === paying)
      for (const trace of span.traces) found.set(trace, []);
  }
  for (const span of spans) for (const trace of span.traces) found.get(trace)?.push(span);
  return found;
}

const paying = 'POST /v1/payments';

/** Milliseconds of each stage; `undefined` where a span is missing. */
function durationsOf(trace: readonly Span[]): number[] | undefined {
  const first = (service: string, name: string) =>
    trace.find((span) => span.service === service && span.name === name);
  const gateway = first('gateway', paying);
  const payments = first('payments', paying);
  const asked = first('payments', 'GET');
  const wallet = first('wallet', 'process florin.ledger.commands');
  const completed = first('payments', 'process florin.ledger.entries');
  // Told of the end: when it began there was nothing to tell.
  const told = trace
    .filter(({ name }) => name === 'process florin.payments.payments')
    .sort((a, b) => b.endMs - a.endMs)[0];
  if (!gateway || !payments || !wallet || !completed || !told) return undefined;
  // Where the payee is remembered, nobody is asked.
  const known = asked ?? { startMs: payments.startMs, endMs: payments.startMs };
  const durations = [
    payments.startMs - gateway.startMs,
    known.endMs - known.startMs,
    wallet.startMs - known.endMs,
    wallet.endMs - wallet.startMs,
    completed.startMs - wallet.endMs,
    completed.endMs - completed.startMs,
    gateway.endMs - completed.endMs,
    told.endMs - completed.endMs,
  ];
  // Spans begin at whole milliseconds, and an answer may be out before the span of what caused it has ended.
  return durations.map((ms) => Math.max(0, ms));
}
