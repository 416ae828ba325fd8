import { listRoutes, withPaths, type OpenApiDocument } from './index.js';
import { OrdersService } from './orders-service.fixture.spec.js';

describe('a service', () => {
  let orders: OrdersService;
  beforeAll(async () => {
    orders = await OrdersService.start();
  });
  afterAll(() => orders.stop());

  describe('operations', () => {
    it('live says that the process runs', async () => {
      expect((await orders.call('/health/live')).body).toEqual({ status: 'ok', service: 'orders' });
    });

    it('ready names what is missing', async () => {
      expect(await orders.call('/health/ready')).toMatchObject({
        status: 200,
        body: { checks: { postgres: 'ok' } },
      });
      orders.database.check = () => Promise.reject(new Error('down'));
      expect(await orders.call('/health/ready')).toMatchObject({
        status: 503,
        body: { status: 'unavailable', service: 'orders', checks: { postgres: 'failed' } },
      });
      orders.database.check = () => Promise.resolve();
    });

    it('metrics count requests by route and status, never by address', async () => {
      await orders.call('/v1/orders/1');
      await orders.call('/wp-admin');
      expect(orders.running.metricsUrl).toBe(`${orders.running.url}/metrics`);
      const { text, headers } = await orders.call('/metrics');
      expect(headers.get('content-type')).toContain('text/plain');
      expect(text).toMatch(
        /http_request_duration_seconds_count\{service="orders",method="GET",route="\/v1\/orders\/:id",status="401"\} \d/,
      );
      expect(text).toContain('route="unmatched",status="404"');
      expect(text).not.toContain('wp-admin');
      expect(text).toContain('process_cpu_user_seconds_total');
    });

    it('metrics are elsewhere where they have a port of their own, which serves nothing else', async () => {
      const apart = await OrdersService.start({ METRICS_PORT: '0' });
      const { metricsUrl } = apart.running;
      expect(await apart.call('/metrics')).toMatchObject({ status: 404 });
      expect((await apart.call('/docs/json')).text).not.toContain('/metrics');
      const response = await fetch(metricsUrl);
      expect(response.headers.get('content-type')).toContain('text/plain');
      expect(await response.text()).toContain('route="unmatched",status="404"');
      for (const [path, method] of [
        ['/health/ready', 'GET'],
        ['/metrics/x', 'GET'],
        ['/metrics', 'POST'],
      ]) {
        const refused = await fetch(new URL(path!, metricsUrl), { method: method! });
        expect([refused.status, refused.headers.get('content-type')]).toEqual([
          404,
          'application/problem+json; charset=utf-8',
        ]);
      }
      await apart.stop();
      await expect(fetch(metricsUrl)).rejects.toThrow();
    });

    it('log one line for a request, without its query', async () => {
      await orders.call('/v1/nothing?token=hush');
      expect(orders.log.join('')).not.toContain('hush');
      const lines = orders.log
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === 'request');
      expect(lines.at(-1)).toMatchObject({
        level: 'info',
        method: 'GET',
        route: 'unmatched',
        status: 404,
        ms: expect.any(Number),
        traceId: expect.any(String),
        spanId: expect.any(String),
      });
    });

    it('go on with the trace of the caller and answer with it', async () => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      const { headers, body } = await orders.call('/v1/misc/trace', {
        headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'a=b' },
      });
      expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-`));
      expect(body).toEqual({ traceparent: headers.get('traceparent'), tracestate: 'a=b' });
    });

    it('keep the trace after a body was read', async () => {
      const lines = orders.log.length;
      await orders.place('{');
      const request = orders.log
        .slice(lines)
        .map((line) => JSON.parse(line) as { msg: string; traceId: string });
      expect(request.at(-1)!.traceId).toMatch(/^[0-9a-f]{32}$/);
    });
  });

  describe('documentation', () => {
    it('is OpenAPI 3.1 with schemas, answers and problems of every route', async () => {
      const document = (await orders.call('/docs/json')).body as OpenApiDocument;
      expect(document.openapi).toBe('3.1.0');
      const place = document.paths['/v1/orders']!['post'] as Record<'responses', object>;
      expect(place).toMatchObject({
        summary: 'Place an order',
        security: [{ person: [] }],
        requestBody: { content: { 'application/json': { schema: { additionalProperties: false } } } },
        responses: {
          201: {
            content: {
              'application/json': {
                schema: { properties: { amount: { $ref: '#/components/schemas/Money' } } },
              },
            },
          },
        },
      });
      expect(Object.keys(place['responses'])).toEqual([
        '201',
        '400',
        '401',
        '409',
        '413',
        '415',
        '500',
        '503',
      ]);
      expect(document).toMatchObject({ components: { schemas: { Money: { type: 'object' }, Problem: {} } } });
      expect(document).toHaveProperty(
        'components.schemas.Problem.properties.errors.items.properties.code.enum',
        expect.arrayContaining(['amount-zero', 'number-too-large']),
      );
      expect(place).toMatchObject({
        tags: ['orders'],
        responses: {
          201: { headers: { Location: { description: 'Where it is' } } },
          401: { headers: { 'WWW-Authenticate': {} } },
          409: {
            description: '- `too-late`: Too late',
            content: {
              'application/problem+json': {
                schema: { properties: { type: { enum: ['https://florin.dev/problems/too-late'] } } },
                example: { title: 'Too late', status: 409 },
              },
            },
          },
          503: { headers: { 'Retry-After': {} } },
        },
      });
      expect(document.paths['/v1/orders/{id}']!['get']).toMatchObject({
        parameters: [{ name: 'id', in: 'path', required: true, schema: { format: 'uuid' } }],
      });
      expect(document.paths['/v1/orders']!['get']).toMatchObject({
        parameters: [
          { name: 'limit', in: 'query', required: false },
          { name: 'after', in: 'query', required: false },
        ],
      });
      expect(document.paths['/internal/orders']!['get']).toMatchObject({
        security: [{ service: ['orders:read'] }],
      });
      expect(JSON.stringify(document)).not.toContain('$defs');
    });

    it('has the headers that are read, and how they are refused', async () => {
      const document = (await orders.call('/docs/json')).body as OpenApiDocument;
      expect(document.paths['/v1/orders/repeatable']!['post']).toMatchObject({
        parameters: [
          {
            name: 'Prefer',
            in: 'header',
            required: false,
            description: expect.stringContaining('30 at most'),
          },
          { name: 'Idempotency-Key', in: 'header', required: true, schema: { pattern: expect.any(String) } },
          { name: 'Last-Event-ID', in: 'header', required: false, schema: { pattern: '^\\d{1,16}$' } },
        ],
        responses: { 400: { description: expect.stringContaining('`idempotency-key-missing`') } },
      });
    });

    it('says what the service is, and shows what is for those who run it last', async () => {
      const document = (await orders.call('/docs/json')).body as OpenApiDocument;
      expect(document.info.description).toMatch(/^Takes orders\. For an access token .*Authorize"\.$/);
      expect(document['tags']).toEqual([
        { name: 'orders', description: 'What was ordered' },
        { name: 'operations', description: expect.any(String) },
      ]);
      expect(document.paths['/health/live']!['get']).toMatchObject({ tags: ['operations'] });
      expect(Object.keys(document.paths).filter((path) => path.startsWith('/docs'))).toEqual([]);
    });

    it('is of some paths only with what they use', async () => {
      const document = (await orders.call('/docs/json')).body as OpenApiDocument;
      const { '/health/live': live } = document.paths;
      expect(withPaths(document, { '/health/live': live! })).toMatchObject({
        tags: [{ name: 'operations' }],
        components: { schemas: { Problem: expect.any(Object) }, securitySchemes: {} },
      });
      const json = JSON.stringify(withPaths(document, { '/health/live': live! }));
      expect(json).not.toContain('Money');
      expect(json).not.toContain('securitySchemes":{"');
    });

    it('is missing where a route says nothing of its answers', () => {
      const missing = listRoutes(orders.running.app).filter(({ documented }) => !documented);
      expect(missing.map(({ path }) => path)).toEqual([
        '/internal/orders',
        '/v1/misc/fail/:how',
        '/v1/misc/half',
        '/v1/misc/trace',
      ]);
    });

    it('has a page that loads only files of its own', async () => {
      const { headers, text } = await orders.call('/docs');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      // What our style changes is still called so.
      const { text: bundle } = await orders.call('/docs/assets/swagger-ui-bundle.js');
      const { text: preset } = await orders.call('/docs/assets/swagger-ui-standalone-preset.js');
      for (const name of ['topbar-wrapper', 'response-col_description__inner', 'data-code']) {
        expect([name, text.includes(name), (bundle + preset).includes(name)]).toEqual([name, true, true]);
      }
      for (const [, path] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect(await orders.call(path!)).toMatchObject({ status: 200 });
      }
      expect(await orders.call('/docs/assets/package.json')).toMatchObject({ status: 404 });
      expect((await orders.call('/docs/start.js')).text).toContain('"/docs/json"');
    });
  });
});
