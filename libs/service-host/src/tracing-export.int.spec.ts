import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setUpTracing, tracer } from './tracing.js';

interface Export {
  resourceSpans: {
    resource: { attributes: unknown[] };
    scopeSpans: { spans: Record<string, unknown>[] }[];
  }[];
}

describe('tracing with an exporter', () => {
  it('sends the spans to the collector when the service stops at the latest', async () => {
    let sent = '';
    const paths: unknown[] = [];
    const collector = createServer((request, response) => {
      paths.push(request.url);
      request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
      request.on('end', () => response.setHeader('connection', 'close').end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;

    const flush = await setUpTracing('payments', `http://127.0.0.1:${port}`);
    const span = tracer().startSpan('POST /v1/payments', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
    const child = tracer().startSpan('inner', {}, trace.setSpan(ROOT_CONTEXT, span));
    child.end();
    span.end();
    await flush();

    expect(paths).toEqual(['/v1/traces']);
    const [{ resource, scopeSpans }] = (JSON.parse(sent) as Export).resourceSpans as [
      Export['resourceSpans'][0],
    ];
    expect(resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'payments' } }]);
    const { traceId, spanId } = span.spanContext();
    expect(scopeSpans[0]!.spans).toMatchObject([
      { traceId, parentSpanId: spanId, name: 'inner' },
      { traceId, spanId, name: 'POST /v1/payments' },
    ]);
    collector.close();
  });
});
