import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Logger } from '../logger.js';
import { httpDurationMetric } from '../metrics.js';
import { traceHeaders, tracer } from '../tracing.js';
import { rulesIn } from './route-rules.js';

interface RequestTrace {
  readonly span: Span;
  readonly context: Context;
  readonly startedAt: number;
}

const traces = new WeakMap<FastifyRequest, RequestTrace>();

/** The trace id of a request, also where the code runs outside of its context. */
export function traceIdOf(request: FastifyRequest): string | undefined {
  return traces.get(request)?.span.spanContext().traceId;
}

/** The context of a request, to work in it from code that Fastify calls outside of it. */
export function contextOf(request: FastifyRequest): Context {
  return traces.get(request)?.context ?? context.active();
}

/** Every response that has not ended: what a shutdown waits for. */
export type OpenResponses = ReadonlySet<ServerResponse>;

/** Trace, log line and duration of every request. */
export function observeRequests(
  fastify: FastifyInstance,
  { logger, metrics }: { logger: Logger; metrics: Registry },
): OpenResponses {
  const duration = httpDurationMetric(metrics);
  const open = new Set<ServerResponse>();

  fastify.addHook('onRequest', (request, reply, done) => {
    open.add(reply.raw);
    reply.raw.once('close', () => {
      open.delete(reply.raw);
      // 499 is what nginx calls a request whose client went away before the answer.
      finish(request, reply.raw.headersSent ? reply.raw.statusCode : 499);
    });
    const started = startTrace(request);
    // On the raw response, so that a handler that writes to it directly (a stream) sends it too.
    const traceparent = traceHeaders(started.context)?.traceparent;
    if (traceparent !== undefined) reply.raw.setHeader('traceparent', traceparent);
    done();
  });
  // Not earlier: the events of a body's stream run outside of the context of the hook that came before them.
  fastify.addHook('preValidation', (request, _reply, done) => context.with(contextOf(request), done));

  const finish = (request: FastifyRequest, status: number): void => {
    const started = traces.get(request);
    if (!started) return;
    traces.delete(request);
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const ms = Math.round((performance.now() - started.startedAt) * 10) / 10;
    duration.observe({ method: request.method, route, status }, ms / 1_000);
    endSpan(started.span, request.method, route, status);
    const { traceId, spanId } = started.span.spanContext();
    const line = { method: request.method, route, status, ms, traceId, spanId };
    // Probes come every second or so, other routes thousands of times, and say nothing while they succeed.
    const { quiet = isProbe(route) } = rulesIn(request.routeOptions.config);
    if (status < 400 && quiet) logger.debug(line, 'request');
    else logger.info(line, 'request');
  };
  return open;
}

function startTrace(request: FastifyRequest): RequestTrace {
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const span = tracer().startSpan(request.method, { kind: SpanKind.SERVER }, parent);
  const started = { span, context: trace.setSpan(parent, span), startedAt: performance.now() };
  traces.set(request, started);
  return started;
}

function endSpan(span: Span, method: string, route: string, status: number): void {
  if (span.isRecording()) {
    span.updateName(`${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function isProbe(route: string): boolean {
  return route.startsWith('/health/') || route === '/metrics';
}
