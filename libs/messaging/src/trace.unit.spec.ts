import { cloudEvent, handleLinked, type CloudEvent } from '@florin/contracts';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { AsyncLocalStorage } from 'node:async_hooks';
import { traceOf, withConsumerSpan } from './trace.js';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const traceIds = ['0af7651916cd43dd8448eb211c80319c', '1bf7651916cd43dd8448eb211c80319c'] as const;
const [first, second] = traceIds.map((id) => `00-${id}-b7ad6b7169203331-01`) as [string, string];

const storage = new AsyncLocalStorage<Context>();
const contexts: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, run, self, ...args) => storage.run(active, () => run.apply(self, args)),
  bind: (_, target) => target,
  enable: () => contexts,
  disable: () => contexts,
};

beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

beforeEach(() => exporter.reset());

afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});

function event(traceparent?: string): CloudEvent {
  return cloudEvent(handleLinked, {
    id: '1',
    source: '/florin/identity',
    time: '2026-11-21T10:00:00.000Z',
    data: { personId: '0190a6f4-5c1d-7c3e-8000-000000000001', channel: 'web' },
    ...(traceparent === undefined ? {} : { traceparent }),
  });
}

describe('traceOf', () => {
  it("is the event's own trace, else the active one, else nothing", () => {
    const own = { traceparent: first, tracestate: 'a=1' };
    expect(traceOf({ ...event(first), tracestate: 'a=1' })).toEqual(own);
    expect(traceOf(event())).toEqual({});
    const active = propagation.extract(context.active(), { traceparent: second });
    context.with(active, () => {
      expect(traceOf(event())).toEqual({ traceparent: second });
      expect(traceOf(event(first))).toEqual({ traceparent: first });
    });
  });
});

describe('withConsumerSpan', () => {
  it('belongs to the trace of the events where there is one', async () => {
    let active: string | undefined;
    await withConsumerSpan('topic', [event(first), event(first)], async () => {
      active = trace.getActiveSpan()?.spanContext().traceId;
      return Promise.resolve();
    });
    const [span] = exporter.getFinishedSpans();
    expect(active).toBe(traceIds[0]);
    expect(span).toMatchObject({
      name: 'process topic',
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.batch.message_count': 2 },
    });
    expect(span?.links.map((link) => link.context.traceId)).toEqual([traceIds[0]]);
  });

  it('has a trace of its own, linked to each of several', async () => {
    await withConsumerSpan('topic', [event(first), event(), event(second)], () => Promise.resolve());
    const [span] = exporter.getFinishedSpans();
    expect(span?.links.map((link) => link.context.traceId)).toEqual(traceIds);
    expect(traceIds).not.toContain(span?.spanContext().traceId);
  });

  it('ends with an error where the handler fails, and lets it through', async () => {
    const failing = withConsumerSpan('topic', [event()], () => Promise.reject(new Error('failed')));
    await expect(failing).rejects.toThrow('failed');
    expect(exporter.getFinishedSpans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });
});
