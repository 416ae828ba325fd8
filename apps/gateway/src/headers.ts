import type { IncomingHttpHeaders } from 'node:http';

/**
 * What of a request goes on to a service. A list of what is known, so that nothing that a service might trust
 * (X-Forwarded-For, Forwarded, baggage, hop-by-hop headers) can be slipped in from outside.
 */
const passedOn = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'prefer',
  'user-agent',
];

/** Hop-by-hop headers (RFC 9110, 7.6.1), and what the gateway says itself. */
const notReturned = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'date',
  'traceparent',
  'tracestate',
  'server',
]);

/** Headers of the request to a service; `client` is the address that the gateway vouches for. */
export function requestHeaders(
  incoming: IncomingHttpHeaders,
  client: string,
  trace: { traceparent: string; tracestate?: string } | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { 'x-forwarded-for': client };
  for (const name of passedOn) {
    const value = incoming[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { ...headers, ...trace };
}

/** Headers of a service's answer that go back to the client. */
export function responseHeaders(
  upstream: Record<string, string | string[] | undefined>,
): Record<string, string | string[]> {
  const nominated = String(upstream['connection'] ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(upstream)) {
    if (value !== undefined && !notReturned.has(name) && !nominated.includes(name)) headers[name] = value;
  }
  return headers;
}

/**
 * The client's address behind `proxies` proxies of ours, each of which adds the address that it sees to
 * X-Forwarded-For: what stands further left was written by the client and proves nothing.
 */
export function clientAddress(
  remote: string,
  forwardedFor: string | string[] | undefined,
  proxies: number,
): string {
  if (proxies === 0 || forwardedFor === undefined) return remote;
  const hops = (Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor)
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  return hops.at(-proxies) ?? hops[0] ?? remote;
}
