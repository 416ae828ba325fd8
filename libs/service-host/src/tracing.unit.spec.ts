import { context, propagation, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';
import { setTimeout } from 'node:timers/promises';
import { currentTrace, setUpTracing, tracer } from './tracing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const incoming = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'vendor=value' };

describe('tracing without an exporter', () => {
  let parent: Context;
  beforeAll(async () => {
    await setUpTracing('test');
    parent = propagation.extract(ROOT_CONTEXT, incoming);
  });

  it('goes on with the trace that came in, under a span id of its own', async () => {
    const headers = await tracer().startActiveSpan('work', {}, parent, async () => {
      await setTimeout(1);
      return currentTrace();
    });
    expect(headers).toEqual({
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`)),
      tracestate: 'vendor=value',
    });
    expect(headers!.traceparent).not.toBe(incoming.traceparent);
  });

  it('starts a trace where none came in, a new one each time', () => {
    const ids = [1, 2].map(() => tracer().startSpan('work', {}, ROOT_CONTEXT).spanContext().traceId);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('starts anew where a root is asked for', () => {
    expect(tracer().startSpan('work', { root: true }, parent).spanContext().traceId).not.toBe(traceId);
  });

  it('ignores a header that is not W3C trace context', () => {
    const broken = propagation.extract(ROOT_CONTEXT, { traceparent: '00-zz-00-01' });
    expect(trace.getSpanContext(broken)).toBeUndefined();
  });

  it('has no trace outside of a request', () => expect(currentTrace()).toBeUndefined());

  it('carries the context into bound functions', () => {
    const span = tracer().startSpan('work', {}, parent);
    const bound = context.bind(trace.setSpan(parent, span), () => currentTrace()?.traceparent);
    expect(bound()).toContain(span.spanContext().spanId);
  });
});
