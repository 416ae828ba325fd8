import { listRoutes } from '@florin/service-host';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { routes } from './routes.js';
import { answer, World } from './world.fixture.spec.js';

describe('the gateway', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ RATE_LIMIT_PUBLIC_PER_MINUTE: '1000' });
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    world.seen.length = 0;
    world.behind.handle = answer;
  });

  describe('hands on', () => {
    it('method, path, query, body and the headers of the API, and gives back the answer', async () => {
      const { status, headers, body } = await world.call('/v1/payments?x=%2B1&y', {
        method: 'POST',
        body: '{"amount": 9007199254740993}',
        headers: { 'content-type': 'application/json', 'idempotency-key': '"k"', prefer: 'wait=5' },
      });
      expect([status, body, headers.get('location')]).toEqual([201, { answered: true }, '/v1/payments/1']);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const [seen] = world.seen;
      expect(seen).toMatchObject({
        method: 'POST',
        url: '/v1/payments?x=%2B1&y',
        body: '{"amount": 9007199254740993}',
      });
      expect(seen!.headers).toMatchObject({
        'idempotency-key': '"k"',
        prefer: 'wait=5',
        'x-forwarded-for': '127.0.0.1',
      });
      expect(seen!.headers.authorization).toMatch(/^Bearer /);
    });

    it.each(
      routes
        .filter(({ access }) => access === 'public')
        .map(({ methods, path }) => [methods[0]!, path.replace('{ledger}', 'it-eur')]),
    )('%s %s of somebody without a token', async (method, path) => {
      expect(await world.call(path, { method, token: undefined })).toMatchObject({ status: 201 });
      expect(world.seen).toMatchObject([{ method, url: path }]);
    });

    it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s below a path', async (method) => {
      expect(await world.call('/v1/shops/1/products', { method })).toMatchObject({ status: 201 });
      expect(world.seen).toMatchObject([{ method, url: '/v1/shops/1/products' }]);
    });

    it('problems of a service as they are', async () => {
      world.behind.handle = (_request, response) =>
        void response
          .writeHead(422, { 'content-type': 'application/problem+json' })
          .end('{"type":"x/insufficient-funds"}');
      const { status, headers, type } = await world.call('/v1/payments');
      expect([status, headers.get('content-type'), type]).toEqual([
        422,
        'application/problem+json',
        'insufficient-funds',
      ]);
    });

    it('the trace of the caller, and starts one where there is none', async () => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      const { headers } = await world.call('/v1/payments', {
        headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'a=b' },
      });
      expect(world.seen[0]!.headers).toMatchObject({
        traceparent: headers.get('traceparent'),
        tracestate: 'a=b',
      });
      expect(headers.get('traceparent')).toContain(traceId);
      await world.call('/v1/payments');
      expect(world.seen[1]!.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    });
  });

  describe('refuses', () => {
    it.each(routes.filter(({ access }) => access === 'person').map(({ path }) => [path]))(
      '%s without a token, and asks nobody behind it',
      async (path) => {
        expect(await world.call(path, { token: undefined })).toMatchObject({
          status: 401,
          type: 'token-missing',
        });
        expect(world.seen).toEqual([]);
      },
    );

    it('expired, foreign and tampered tokens', async () => {
      const of = async (token: string) => (await world.call('/v1/balance', { token })).type;
      expect(await of(await world.token({ exp: 1 }))).toBe('token-expired');
      expect(await of(await world.token({ iss: 'https://evil.test' }))).toBe('token-foreign');
      expect(await of(await world.token({ aud: 'florin-internal' }))).toBe('token-foreign');
      expect(await of(`${(await world.token()).slice(0, -8)}AAAAAAAA`)).toBe('token-invalid');
      expect(world.seen).toEqual([]);
    });

    it.each([
      '/internal/token',
      '/internal/people',
      '/v1',
      '/v1/nothing',
      '/v1/paymentsx',
      '/v1/sessions/x',
      '/V1/PAYMENTS',
    ])('%s, which is not in the table', async (path) => {
      expect(await world.call(path, { method: 'POST' })).toMatchObject({ status: 404, type: 'not-found' });
      expect(world.seen).toEqual([]);
    });

    it.each([
      ['PUT', '/v1/sessions', 'POST'],
      ['OPTIONS', '/v1/payments/1', 'GET, POST, PUT, PATCH, DELETE, HEAD'],
      ['POST', '/.well-known/jwks.json', 'GET, HEAD'],
      ['HEAD', '/v1/notifications/stream', 'GET'],
      ['DELETE', '/v1/notifications/stream', 'GET'],
    ])('%s %s, and says what is possible there', async (method, path, allow) => {
      const { status, headers } = await world.call(path, { method });
      expect([status, headers.get('allow')]).toEqual([405, allow]);
      expect(world.seen).toEqual([]);
    });

    it.each([
      '/v1/payments/../../internal/token',
      '/v1/payments/%2e%2e/%2E%2e/internal/token',
      '/v1/payments/..%2finternal/token',
      '/v1/payments/..\\internal',
      '/v1/payments/%5c..',
      '/v1/payments/./1',
      'http://elsewhere/v1/payments/1',
    ])('%s, which could be read as another path', async (path) => {
      const status = await statusOf(path);
      expect(status).toBe(404);
      expect(world.seen).toEqual([]);
    });

    it('a body beyond 64 KiB, declared or streamed', async () => {
      const big = await world.call('/v1/payments', { method: 'POST', body: 'x'.repeat(65_537) });
      expect(big).toMatchObject({ status: 413, type: 'payload-too-large' });
      const streamed = await request(`${world.url}/v1/payments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await world.token()}` },
        body: Readable.from(Array.from({ length: 10 }, () => 'x'.repeat(10_000))),
      });
      expect(streamed.statusCode).toBe(413);
      await streamed.body.dump();
      expect(world.seen).toEqual([]);
    });

    it('a packed body, which no service would unpack', async () => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      expect(
        await world.call('/v1/payments', { method: 'POST', headers, body: gzipSync('{}') }),
      ).toMatchObject({ status: 415, type: 'unsupported-media-type' });
      expect(world.seen).toEqual([]);
    });

    it('what could be two requests', async () => {
      const head =
        'POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n';
      expect(await exchange(`${head}0\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 400 .*content-type: application\/problem\+json/s,
      );
      expect(world.seen).toEqual([]);
    });

    /** The path exactly as written, which fetch would tidy up. */
    async function statusOf(path: string): Promise<number> {
      const token = await world.token();
      const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close`;
      return Number((await exchange(`${head}\r\n\r\n`)).split(' ')[1]);
    }

    async function exchange(sent: string): Promise<string> {
      const socket = connect({ port: Number(new URL(world.url).port), host: '127.0.0.1' });
      socket.write(sent);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      return text;
    }
  });

  describe('when a service', () => {
    it('breaks off, says 503 and invites to repeat', async () => {
      world.behind.handle = (request) => request.socket.destroy();
      const { status, type, headers, body } = await world.call('/v1/payments', { method: 'POST' });
      expect([status, type, headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
      expect(body['detail']).toContain('same Idempotency-Key');
      expect(JSON.stringify(body)).not.toContain('127.0.0.1');
      expect(world.seen).toHaveLength(1);
    });

    it('closed a kept connection, reads once more', async () => {
      world.behind.handle = (request, response) => {
        if (world.seen.length === 1) request.socket.destroy();
        else answer(request, response);
      };
      expect(await world.call('/v1/payments')).toMatchObject({ status: 201 });
      expect(world.seen).toHaveLength(2);
    });

    it.each([
      ['a short answer, says 503', '100'],
      ['a long one, lets the client see that it is not whole', '100000'],
    ])('breaks off within %s', async (_, length) => {
      world.behind.handle = (request, response) => {
        response.writeHead(200, { 'content-length': length }).write('half', () => request.socket.destroy());
      };
      const answered = world.call('/v1/payments', { method: 'POST' }).then(({ status }) => status);
      await expect(answered.catch(() => 'broken off')).resolves.toBe(length === '100' ? 503 : 'broken off');
    });

    it('answers nothing but a status, hands that on', async () => {
      world.behind.handle = (_request, response) => void response.writeHead(204).end();
      expect(await world.call('/v1/handles/1', { method: 'DELETE' })).toMatchObject({
        status: 204,
        text: '',
      });
    });

    it('answers at length, hands all of it on', async () => {
      world.behind.handle = (_request, response) => void response.end('x'.repeat(200_000));
      expect((await world.call('/v1/history')).text).toHaveLength(200_000);
      expect(await world.call('/v1/history', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    });

    it('is down, says 503; we are ready for the others, and tell', async () => {
      const nobody = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => nobody.once('listening', resolve));
      const { port } = nobody.address() as AddressInfo;
      await new Promise((resolve) => nobody.close(resolve));
      const down = await World.start({ WALLET_URL: `http://127.0.0.1:${port}` });
      down.behind.handle = (_request, response) => void response.end('{"status":"ok"}');
      try {
        expect(await down.call('/v1/balance')).toMatchObject({ status: 503, type: 'unavailable' });
        const { status, body } = await down.call('/health/ready');
        expect([status, body['status'], body['checks']]).toEqual([200, 'ok', {}]);
        expect(body['dependencies']).toEqual({
          identity: 'ok',
          wallet: 'failed',
          payments: 'ok',
          catalog: 'ok',
          notifications: 'ok',
        });
      } finally {
        await down.stop();
      }
    });

    it.each([
      ['POST', { UPSTREAM_TIMEOUT_MS: '50' }],
      ['GET', { UPSTREAM_READ_TIMEOUT_MS: '50' }],
    ])('is slow to answer a %s, says 504', async (method, settings) => {
      const slow = await World.start(settings);
      slow.behind.handle = () => undefined;
      try {
        const answer = await slow.call('/v1/payments', { method });
        expect(answer).toMatchObject({ status: 504, type: 'upstream-timeout' });
        expect(answer.headers.get('retry-after')).toBe('1');
      } finally {
        await slow.stop();
      }
    });

    it('lets any number of writes wait, still answers the reads', async () => {
      const busy = await World.start({ UPSTREAM_TIMEOUT_MS: '60000' });
      const waiting: (() => void)[] = [];
      busy.behind.handle = (request, response) => {
        if (request.method === 'GET') answer(request, response);
        else waiting.push(() => answer(request, response));
      };
      try {
        const writes = Array.from({ length: 300 }, () => busy.call('/v1/payments', { method: 'POST' }));
        while (waiting.length < 256) await sleep(10);
        expect(await busy.call('/v1/payments')).toMatchObject({ status: 201 });
        busy.behind.handle = answer;
        for (const go of waiting) go();
        const statuses = (await Promise.all(writes)).map(({ status }) => status);
        expect(new Set(statuses)).toEqual(new Set([201]));
      } finally {
        await busy.stop();
      }
    });
  });

  it('has no routes of its own but health and documentation', () => {
    const own = listRoutes(world.running.app).map(({ path }) => path);
    expect(own.filter((path) => !/^\/(docs|health|$)/.test(path))).toEqual([]);
  });

  it('tells its metrics at a port that is not the public one', async () => {
    expect(await world.call('/metrics')).toMatchObject({ status: 404, type: 'not-found' });
    const { metricsUrl } = world.running;
    expect(new URL(metricsUrl).port).not.toBe(new URL(world.url).port);
    expect(await (await fetch(metricsUrl)).text()).toContain(
      'http_request_duration_seconds_count{service="gateway"',
    );
    expect(world.seen).toEqual([]);
  });
});
