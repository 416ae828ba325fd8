import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { serviceTokenSource } from '../auth/service-token.js';
import { ProblemError } from '../problems.js';
import { setUpTracing, tracer } from '../tracing.js';
import { closeHttpClient, fetchJson, UpstreamProblem } from './client.js';

const schema = z.object({ name: z.string() });

describe('calls to other services', () => {
  let server: Server;
  let url: string;
  let handle: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const seen: IncomingMessage[] = [];

  beforeAll(async () => {
    await setUpTracing('test');
    server = createServer((request, response) => {
      seen.push(request);
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => handle(request, response, body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => (seen.length = 0));
  afterAll(async () => {
    await closeHttpClient();
    server.closeAllConnections();
    server.close();
  });

  const json = (status: number, body: unknown) => (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  async function problemOf(call: Promise<unknown>): Promise<string> {
    const error: unknown = await call.then(
      () => new Error('no error'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ProblemError)) throw error;
    expect(error.detail).not.toContain('127.0.0.1');
    return `${error.problem.status} ${error.problem.type.split('/').at(-1)}`;
  }

  it('send JSON and check the answer', async () => {
    handle = (request, response, body) => json(201, { name: body, more: 1 })(request, response);
    const answer = await fetchJson(`${url}/people?x=1`, { method: 'POST', body: { a: 1 }, schema });
    expect(answer).toEqual({ name: '{"a":1}' });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/people?x=1' });
    expect(seen[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
    });
  });

  it('go on with the trace that they are made in', async () => {
    handle = json(200, { name: 'x' });
    const span = tracer().startSpan('request', {}, ROOT_CONTEXT);
    await context.with(trace.setSpan(ROOT_CONTEXT, span), () => fetchJson(url, { schema }));
    expect(seen[0]!.headers['traceparent']).toContain(span.spanContext().traceId);
    expect(seen[0]!.headers['traceparent']).not.toContain(span.spanContext().spanId);
  });

  it('keep their connection', async () => {
    handle = json(200, { name: 'x' });
    for (let n = 0; n < 10; n += 1) await fetchJson(url, { schema });
    expect(new Set(seen.map(({ socket }) => socket)).size).toBeLessThan(3);
  });

  it('give a problem of the other side to the caller to judge', async () => {
    handle = json(404, {
      type: 'https://florin.dev/problems/payee-unknown',
      detail: 'Nobody has this handle.',
    });
    const error: unknown = await fetchJson(url, { schema }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UpstreamProblem);
    expect(error).toMatchObject({
      status: 404,
      type: 'https://florin.dev/problems/payee-unknown',
      detail: 'Nobody has this handle.',
    });
  });

  it('tell a status without a problem too', async () => {
    handle = (_request, response) => void response.writeHead(500).end('<html>');
    await expect(fetchJson(url, { schema })).rejects.toMatchObject({ status: 500, type: undefined });
  });

  it.each([
    ['another shape', json(200, { nome: 'x' })],
    ['no JSON', (_request: IncomingMessage, response: ServerResponse) => void response.end('<html>')],
    ['nothing', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(204).end()],
  ])('refuse an answer of %s', async (_, answer) => {
    handle = answer;
    expect(await problemOf(fetchJson(url, { schema }))).toBe('502 upstream-failed');
  });

  it('give up on an answer that does not come in time, nor end in time', async () => {
    handle = () => undefined;
    expect(await problemOf(fetchJson(url, { schema, timeoutMs: 50 }))).toBe('504 upstream-timeout');
    handle = (_request, response) => void response.writeHead(200).write('{"name":');
    expect(await problemOf(fetchJson(url, { schema, timeoutMs: 50 }))).toBe('504 upstream-timeout');
  });

  it('say that the other side cannot be reached', async () => {
    handle = (request) => request.socket.destroy();
    expect(await problemOf(fetchJson(url, { schema }))).toBe('503 unavailable');
  });

  it('refuse an answer beyond 4 MiB', async () => {
    handle = json(200, { name: 'x'.repeat(5_000_000) });
    expect(await problemOf(fetchJson(url, { schema }))).toBe('503 unavailable');
  });

  describe('with the token of a service', () => {
    const options = () => ({ identityUrl: url, clientId: 'payments', clientSecret: 'hush' });

    it('fetch one for all who wait, and the next shortly before it ends', async () => {
      let issued = 0;
      let given: unknown;
      handle = (request, response, body) => {
        given = JSON.parse(body);
        json(200, { access_token: `t${(issued += 1)}`, token_type: 'Bearer', expires_in: 100 })(
          request,
          response,
        );
      };
      let now = 0;
      const token = serviceTokenSource({ ...options(), now: () => now });
      expect(await Promise.all([token(), token(), token()])).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1']);
      expect(seen[0]!.url).toBe('/internal/token');
      expect(given).toEqual({
        grant_type: 'client_credentials',
        client_id: 'payments',
        client_secret: 'hush',
      });
      now = 89_999;
      expect(await token()).toBe('Bearer t1');
      now = 90_000;
      expect(await token()).toBe('Bearer t2');
    });

    it('try again after a failure', async () => {
      handle = json(401, { detail: 'unknown client' });
      const token = serviceTokenSource(options());
      await expect(token()).rejects.toMatchObject({ status: 401 });
      handle = json(200, { access_token: 't', expires_in: 100 });
      expect(await token()).toBe('Bearer t');
    });
  });
});
