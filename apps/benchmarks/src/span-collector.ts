import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** A span as the stages want it; times in ms since the epoch. */
export interface Span {
  readonly service: string;
  readonly name: string;
  /** Its own trace, and those that it is linked to. */
  readonly traces: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

const nanoseconds = z.string().transform((text) => Number(BigInt(text) / 1_000n) / 1_000);

/** What of an OTLP/HTTP export in JSON matters here. */
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(
          z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
        ),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              links: z.array(z.object({ traceId: z.string() })).default([]),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** More are not kept: the collector is for one benchmark, not for a day. */
const mostSpans = 2_000_000;

export interface SpanCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** What has come since the last `clear`. */
  readonly spans: readonly Span[];
  clear(): void;
  close(): Promise<void>;
}

/** Takes spans over OTLP/HTTP in JSON on a port of its own. */
export async function collectSpans(): Promise<SpanCollector> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        const found = spansIn(Buffer.concat(chunks).toString());
        spans.push(...found.slice(0, mostSpans - spans.length));
        response.end('{}');
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    clear: () => void spans.splice(0),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function spansIn(text: string): Span[] {
  return exportSchema.parse(JSON.parse(text)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const named = resource.attributes.find(({ key }) => key === 'service.name');
    const service = named?.value.stringValue ?? 'unknown';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, links, startTimeUnixNano, endTimeUnixNano }): Span => {
        const traces = [...new Set([traceId, ...links.map((link) => link.traceId)])];
        return { service, name, traces, startMs: startTimeUnixNano, endMs: endTimeUnixNano };
      }),
    );
  });
}
