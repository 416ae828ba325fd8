import type { JWTPayload } from 'jose';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { listRoutes } from './index.js';
import { OrdersService, typeOf } from './orders-service.fixture.spec.js';

describe('a service', () => {
  let orders: OrdersService;
  beforeAll(async () => {
    orders = await OrdersService.start();
  });
  afterAll(() => orders.stop());

  it('answers a valid request of a signed-in person', async () => {
    const { status, body } = await orders.place('{"amount":{"value":1250,"currency":"EUR"}}');
    expect(status).toBe(201);
    const person = { personId: '0190b5a0-0000-7000-8000-000000000001', expiresAt: expect.any(String) };
    expect(body).toEqual({ amount: { value: 1_250, currency: 'EUR' }, person });
  });

  describe('guards', () => {
    it('stand before every route that is not public: people need a token', async () => {
      const routes = listRoutes(orders.running.app);
      expect(routes.filter(({ access }) => access.kind === 'public').map(({ path }) => path)).toEqual([
        '/docs',
        '/docs/assets/:name',
        '/docs/json',
        '/docs/start.js',
        '/health/live',
        '/health/ready',
        '/metrics',
        '/v1/misc/fail/:how',
        '/v1/misc/half',
        '/v1/misc/trace',
      ]);
      const guarded = routes.filter(({ access }) => access.kind !== 'public');
      expect(guarded.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'GET /internal/orders',
        'GET /v1/orders',
        'POST /v1/orders',
        'GET /v1/orders/:id',
        'POST /v1/orders/repeatable',
      ]);
      for (const { method, path } of guarded) {
        const { status, body, headers } = await orders.call(path, { method });
        expect([status, typeOf(body), headers.get('www-authenticate')]).toEqual([
          401,
          'token-missing',
          'Bearer',
        ]);
      }
    });

    it('refuse the tokens of others, each with its own type', async () => {
      const expired = await orders.token({ exp: 1 });
      const foreign = await orders.token({ iss: 'https://evil.test' });
      const tampered = `${(await orders.token()).slice(0, -8)}AAAAAAAA`;
      for (const [given, type] of [
        [expired, 'token-expired'],
        [foreign, 'token-foreign'],
        [tampered, 'token-invalid'],
      ]) {
        const { status, body } = await orders.call('/v1/orders', {
          headers: { authorization: `Bearer ${given}` },
        });
        expect([status, typeOf(body)]).toEqual([401, type]);
      }
    });

    it('let services into internal routes, with the scope', async () => {
      const ask = async (claims: JWTPayload) =>
        orders.call('/internal/orders', {
          headers: {
            authorization: `Bearer ${await orders.token({ aud: 'florin-internal', sub: 'service:payments', ...claims })}`,
          },
        });
      expect(await ask({ scope: 'orders:read x' })).toMatchObject({ status: 200, body: { items: [] } });
      expect(await ask({ scope: 'x' })).toMatchObject({ status: 403 });
      expect(await ask({ aud: 'florin' })).toMatchObject({ status: 401 });
    });
  });

  describe('problems', () => {
    it('of the domain keep their type, detail and extensions, and say the trace', async () => {
      const path = '/v1/orders/0193b1f6-7f2e-7000-8000-000000000000';
      const { status, headers, body } = await orders.call(path, {
        headers: { authorization: `Bearer ${await orders.token()}` },
      });
      expect(status).toBe(409);
      expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toEqual({
        type: 'https://florin.dev/problems/too-late',
        title: 'Too late',
        status: 409,
        detail: 'Order 0193b1f6-7f2e-7000-8000-000000000000 is closed.',
        since: 'yesterday',
        traceId: headers.get('traceparent')!.split('-')[1],
      });
    });

    it.each([
      ['{', 400, 'malformed-json'],
      ['', 400, 'malformed-json'],
      ['{"__proto__":{}}', 400, 'malformed-json'],
      ['{"note":"a","note":"b"}', 400, 'duplicate-key'],
      ['[]', 400, 'invalid-request'],
      ['{"amount":{"value":9007199254740993,"currency":"EUR"}}', 400, 'number-too-large'],
      ['{"amount":{"value":1e30,"currency":"EUR"}}', 400, 'number-too-large'],
      ['{"amount":{"value":12.5,"currency":"EUR"}}', 400, 'invalid-request'],
      ['{"amount":{"value":0,"currency":"EUR"}}', 400, 'invalid-request'],
      ['{"amount":{"value":-1,"currency":"EUR"}}', 400, 'invalid-request'],
      ['{"amount":{"value":1,"currency":"EUR"},"fee":0}', 400, 'invalid-request'],
    ])('of the body %j: %d %s', async (body, status, type) => {
      const answer = await orders.place(body);
      expect([answer.status, typeOf(answer.body)]).toEqual([status, type]);
    });

    it('point at what is wrong', async () => {
      expect((await orders.place('{"amount":{"value":12.5}}')).body['errors']).toEqual([
        { pointer: '/amount/value', detail: 'must be a whole number of cents' },
        { pointer: '/amount/currency', detail: 'is missing' },
      ]);
    });

    it('of a body beyond 64 KiB, declared or streamed', async () => {
      const { status, body } = await orders.place(`{"note":"${'x'.repeat(65_536)}"}`);
      expect([status, typeOf(body)]).toEqual([413, 'payload-too-large']);
      const streamed = await request(`${orders.running.url}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Readable.from(Array.from({ length: 10 }, () => 'x'.repeat(10_000))),
      });
      expect(streamed.statusCode).toBe(413);
      await streamed.body.dump();
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
      'of the media type %s',
      async (type) => {
        const { status, body } = await orders.place('a=b', { 'content-type': type });
        expect([status, typeOf(body)]).toEqual([415, 'unsupported-media-type']);
      },
    );

    it.each(['latin1', 'utf-16', 'ISO-8859-1', '"us-ascii"', 'utf-8; charset=latin1'])(
      'of JSON in %s',
      async (charset) => {
        const type = `application/json; charset=${charset}`;
        const { status, body } = await orders.place('{}', { 'content-type': type });
        expect([status, typeOf(body), body['detail']]).toEqual([
          415,
          'unsupported-media-type',
          'Send the JSON in UTF-8.',
        ]);
      },
    );

    it('of bytes that are not UTF-8; what is, is read', async () => {
      const of = async (note: Buffer, contentType = 'application/json') => {
        const start = '{"amount":{"value":1,"currency":"EUR"},"note":"';
        const body = Buffer.concat([Buffer.from(start), note, Buffer.from('"}')]);
        const headers = { authorization: `Bearer ${await orders.token()}`, 'content-type': contentType };
        const answer = await request(`${orders.running.url}/v1/orders`, { method: 'POST', headers, body });
        return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
      };
      for (const bytes of [[0xe9], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x8d]]) {
        const { status, body } = await of(Buffer.from(bytes));
        expect([status, typeOf(body), body['detail']]).toEqual([
          400,
          'malformed-json',
          'The body is not valid UTF-8.',
        ]);
      }
      for (const type of [
        'application/json',
        'application/json;charset=UTF-8',
        'application/json; charset="utf8"',
      ]) {
        expect(await of(Buffer.from('Caffè 🍕'), type)).toMatchObject({
          status: 201,
          body: { note: 'Caffè 🍕' },
        });
      }
    });

    it.each(['gzip', 'br', 'identity, gzip', ''])('of a body in the coding "%s"', async (coding) => {
      const answer = await orders.place(gzipSync('{}'), { 'content-encoding': coding });
      expect([answer.status, typeOf(answer.body), answer.headers.get('accept-encoding')]).toEqual([
        415,
        'unsupported-media-type',
        'identity',
      ]);
      expect(answer.body['detail']).toMatch(/without a Content-Encoding/);
    });

    it('of a query: unknown and wrong parameters', async () => {
      const headers = { authorization: `Bearer ${await orders.token()}` };
      expect((await orders.call('/v1/orders?limit=5', { headers })).body).toEqual({ limit: 5 });
      const { status, body } = await orders.call('/v1/orders?limit=500&offset=3', { headers });
      expect(status).toBe(400);
      expect(body).toMatchObject({
        in: 'query',
        errors: [
          { pointer: '/limit', detail: 'must be a whole number from 1 to 100' },
          { pointer: '/offset', detail: 'is not known here' },
        ],
      });
    });

    it('of headers, which are read as they are documented', async () => {
      const send = async (
        headers: Record<string, string>,
        body = '{"amount":{"value":1,"currency":"EUR"}}',
      ) => {
        const authorization = `Bearer ${await orders.token()}`;
        const json = { authorization, 'content-type': 'application/json' };
        const path = '/v1/orders/repeatable';
        return orders.call(path, { method: 'POST', body, headers: { ...json, ...headers } });
      };
      const key = { 'idempotency-key': '"a"' };
      expect((await send(key)).body).toEqual({ key: 'a', seconds: 5 });
      expect((await send({ ...key, prefer: 'wait=60', 'LAST-EVENT-ID': '7' })).body).toEqual({
        key: 'a',
        seconds: 30,
        'Last-Event-ID': 7,
      });
      expect((await send({ ...key, 'last-event-id': '' })).status).toBe(201);
      expect((await send({ ...key, 'last-event-id': 'x' })).body).toMatchObject({
        status: 400,
        in: 'header',
        errors: [{ pointer: '/Last-Event-ID', detail: 'must be a whole number from 0 to 99' }],
      });
      expect(typeOf((await send({})).body)).toBe('idempotency-key-missing');
      expect(typeOf((await send({ 'idempotency-key': 'a b' })).body)).toBe('idempotency-key-invalid');
      expect(typeOf((await send({}, '{}')).body)).toBe('invalid-request');
    });

    it('of a path: an id that is none', async () => {
      const headers = { authorization: `Bearer ${await orders.token()}` };
      expect((await orders.call('/v1/orders/1', { headers })).body).toMatchObject({
        in: 'path',
        errors: [{ pointer: '/id' }],
      });
    });

    it('of an address where nothing is, and of a method that is not there', async () => {
      expect(await orders.call('/v1/nothing?token=1')).toMatchObject({ status: 404 });
      const { status, body, headers } = await orders.call('/v1/orders', { method: 'DELETE' });
      expect([status, typeOf(body), headers.get('allow')]).toEqual([405, 'method-not-allowed', 'GET, POST']);
      const malformed = await orders.call('/v1/%zz');
      expect([malformed.status, typeOf(malformed.body)]).toEqual([400, 'invalid-request']);
    });

    it('of our own tell nothing of what happened; the log does', async () => {
      const { status, body } = await orders.call('/v1/misc/fail/code');
      expect([status, typeOf(body)]).toEqual([500, 'internal']);
      expect(JSON.stringify(body)).not.toContain('secret');
      const line = orders.log.find((entry) => entry.includes('secret in code'));
      expect(JSON.parse(line!)).toMatchObject({
        level: 'error',
        traceId: body['traceId'],
        err: { message: 'secret in code' },
      });
    });

    it.each([
      ['outage', 503, 'unavailable', '1'],
      ['transient', 503, 'unavailable', '1'],
      ['upstream', 502, 'upstream-failed', null],
    ])('of what this needs are not our own: %s', async (how, status, type, retryAfter) => {
      const answer = await orders.call(`/v1/misc/fail/${how}`);
      expect([answer.status, typeOf(answer.body), answer.headers.get('retry-after')]).toEqual([
        status,
        type,
        retryAfter,
      ]);
    });

    it('after the first byte end the connection, so that nobody takes half an answer for a whole', async () => {
      await expect(orders.call('/v1/misc/half')).rejects.toThrow();
    });
  });
});
