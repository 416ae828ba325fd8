import { World } from './world.fixture.spec.js';

describe('the documentation at the gateway', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  it('offers every service, with what is public of it', async () => {
    world.behind.handle = (_request, response) =>
      void response.end(
        JSON.stringify({
          openapi: '3.1.0',
          info: { title: 'Florin payments', version: '1' },
          paths: {
            '/v1/payments/{id}': { get: { responses: { 200: { description: 'The payment' } } } },
            '/internal/x': { get: {} },
            '/health/live': { get: { tags: ['operations'] } },
          },
          tags: [{ name: 'operations' }],
          components: { securitySchemes: { service: {} } },
        }),
      );
    const { status, body } = await world.call('/docs/services/payments', { token: undefined });
    expect(status).toBe(200);
    expect(world.seen[0]!.url).toBe('/docs/json');
    expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/' }] });
    expect(body).toMatchObject({ tags: [], components: { securitySchemes: {} } });
    expect(JSON.stringify(body)).not.toContain('operations');
    const paths = body['paths'] as Record<string, { get: { responses: object } }>;
    expect(Object.keys(paths)).toEqual(['/v1/payments/{id}']);
    expect(Object.keys(paths['/v1/payments/{id}']!.get.responses)).toEqual(['200', '429', '503', '504']);
    expect((await world.call('/docs/start.js', { token: undefined })).text).toContain(
      '/docs/services/catalog',
    );
    expect(await world.call('/docs/services/other', { token: undefined })).toMatchObject({ status: 404 });
  });

  it('leads from its bare address to the documentation', async () => {
    const { status, headers } = await world.call('/', { token: undefined, redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([302, '/docs']);
    expect(await world.call('/', { token: undefined })).toMatchObject({
      status: 200,
      text: expect.stringContaining('<title>Florin gateway'),
    });
  });
});
