import type { CloudEvent } from '@florin/contracts';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** W3C Trace Context. */
export interface Trace {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The trace an event came from, else the one this code runs in, else nothing. */
export function traceOf(event: CloudEvent): Trace {
  if (event.traceparent !== undefined) return pick(event);
  const active: { traceparent?: string; tracestate?: string } = {};
  propagation.inject(context.active(), active);
  return pick(active);
}

function pick({ traceparent, tracestate }: Trace): Trace {
  if (traceparent === undefined) return {};
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

const tracer = trace.getTracer('florin');
const maxLinks = 32;

/**
 * Runs `work` in a consumer span linked to the traces that the events came from. Where all came from one, the span is
 * part of it; else it begins a trace of its own.
 */
export async function withConsumerSpan(
  topic: string,
  events: readonly CloudEvent[],
  work: () => Promise<void>,
): Promise<void> {
  const parents = [...new Set(events.map(({ traceparent }) => traceparent))].flatMap((traceparent) =>
    traceparent === undefined ? [] : [propagation.extract(ROOT_CONTEXT, { traceparent })],
  );
  const parent = (parents.length === 1 ? parents[0] : undefined) ?? ROOT_CONTEXT;
  const links = parents.slice(0, maxLinks).flatMap((origin) => {
    const spanContext = trace.getSpanContext(origin);
    return spanContext === undefined ? [] : [{ context: spanContext }];
  });
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.batch.message_count': events.length,
  };
  const span = tracer.startSpan(`process ${topic}`, { kind: SpanKind.CONSUMER, links, attributes }, parent);
  try {
    await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
