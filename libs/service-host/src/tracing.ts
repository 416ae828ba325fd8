import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

/** W3C Trace Context, as it travels in headers. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/**
 * Sets up OpenTelemetry for the process: context by AsyncLocalStorage, W3C propagation, and spans that are exported
 * where `endpoint` is set and else only carry ids on. Returns what sends the last spans.
 */
export async function setUpTracing(service: string, endpoint?: string): Promise<() => Promise<void>> {
  context.setGlobalContextManager(new AsyncContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  if (endpoint === undefined) {
    trace.setGlobalTracerProvider(new IdsOnlyTracerProvider());
    return () => Promise.resolve();
  }
  const { exportingProvider } = await import('./tracing-export.js');
  const provider = exportingProvider(service, endpoint);
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

export function tracer(): Tracer {
  return trace.getTracer('florin');
}

/** The trace that the code runs in, to be stored or sent along; undefined outside of one. */
export function currentTrace(): TraceHeaders | undefined {
  return traceHeaders(context.active());
}

/** A context's trace as headers. */
export function traceHeaders(of: Context): TraceHeaders | undefined {
  const carrier: { traceparent?: string; tracestate?: string } = {};
  propagation.inject(of, carrier);
  const { traceparent, tracestate } = carrier;
  if (traceparent === undefined) return undefined;
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => fn.apply(thisArg, args));
  }

  bind<T>(active: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const bound = (...args: unknown[]): unknown =>
      this.#storage.run(active, () => target(...args) as unknown);
    return bound as T;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }
}

class IdsOnlyTracerProvider implements TracerProvider {
  readonly #tracer = new IdsOnlyTracer();

  getTracer(): Tracer {
    return this.#tracer;
  }
}

let pool = Buffer.alloc(0);

/** Random bytes in hex; drawn for many at once, since every request needs some. */
function randomHex(bytes: number): string {
  if (pool.length < bytes) pool = randomBytes(4_096);
  const hex = pool.toString('hex', 0, bytes);
  pool = pool.subarray(bytes);
  return hex;
}

/** Spans that record nothing: a new span id in the trace of the parent, or in a new trace. */
class IdsOnlyTracer implements Tracer {
  startSpan(_name: string, options: SpanOptions = {}, parentContext: Context = context.active()): Span {
    const parent = options.root ? undefined : trace.getSpanContext(parentContext);
    return trace.wrapSpanContext({
      ...INVALID_SPAN_CONTEXT,
      // Sampled, so that a service behind this one that does export keeps the trace.
      traceFlags: TraceFlags.SAMPLED,
      traceId: parent?.traceId ?? randomHex(16),
      ...parent,
      isRemote: false,
      spanId: randomHex(8),
    });
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.pop() as F;
    const [options, parent = context.active()] = rest as [SpanOptions?, Context?];
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), () => fn(span) as ReturnType<F>);
  }
}
