import { z } from 'zod';
import { noLimits, World } from './world.js';

const services = ['identity', 'wallet', 'payments', 'catalog', 'notifications'] as const;
type Service = (typeof services)[number];

/** The gateway's table as it was built: nobody imports an app, and a copy of it here would prove nothing. */
const tableFile = new URL('../../gateway/dist/routes.js', import.meta.url).href;
const tableSchema = z.object({
  routes: z.array(
    z.object({
      service: z.enum(services),
      path: z.string(),
      below: z.boolean().default(false),
      methods: z.array(z.string()),
      access: z.enum(['person', 'public']),
    }),
  ),
});

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        security: z.array(z.record(z.string(), z.unknown())),
        summary: z.string().default(''),
        tags: z.array(z.string()).default([]),
      }),
    ),
  ),
});

interface Operation {
  readonly service: Service;
  readonly method: string;
  /** Pattern: `/v1/payments/{id}`. */
  readonly path: string;
  readonly isOpen: boolean;
  /** Whether it takes the token of a service. */
  readonly isForServices: boolean;
  readonly summary: string;
  readonly tags: readonly string[];
}

/** What each service has for itself: other services, probes and its own page. */
const notForPeople = /^\/(internal|health|metrics|docs)(\/|$)/;

describe("the gateway's table of routes", () => {
  let world: World;
  let table: z.output<typeof tableSchema>['routes'];
  let operations: Operation[];

  beforeAll(async () => {
    world = await World.start(noLimits);
    table = tableSchema.parse(await import(tableFile)).routes;
    operations = (
      await Promise.all(
        services.map((service) => operationsAt(service, `${world.stack.urls[service]}/docs/json`)),
      )
    ).flat();
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  async function operationsAt(service: Service, url: string): Promise<Operation[]> {
    const { paths } = documentSchema.parse(await (await fetch(url)).json());
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security, summary, tags }]) => ({
        service,
        method: method.toUpperCase(),
        path,
        isOpen: security.length === 0,
        isForServices: security.some((scheme) => 'service' in scheme),
        summary,
        tags,
      })),
    );
  }

  /** What the gateway answers to nobody in particular. */
  async function answerTo({ method, path }: Operation): Promise<number> {
    const concrete = path.replaceAll(/\{\w+\}/g, '0193b1f6-7f2e-7000-8000-000000000000');
    return (await world.api.call(method, concrete, method === 'GET' ? {} : { body: {} })).status;
  }

  it('leads to every route that a service has for people, and asks for a token where the service does', async () => {
    const forPeople = operations.filter(
      ({ path, isForServices }) => !isForServices && !notForPeople.test(path),
    );
    expect(new Set(forPeople.map(({ service }) => service))).toEqual(new Set(services));
    for (const operation of forPeople) {
      const status = await answerTo(operation);
      // Who asks for nothing in particular may be told so, but not that there is nothing.
      const expected = operation.isOpen ? [200, 400] : [401];
      expect({ ...operation, status, isExpected: expected.includes(status) }).toMatchObject({
        isExpected: true,
      });
    }
    for (const service of services) {
      const shown = await operationsAt(service, `${world.stack.gatewayUrl}/docs/services/${service}`);
      expect(shown).toEqual(forPeople.filter((operation) => operation.service === service));
    }
  });

  it('leads to operations that all have a summary and a tag', () => {
    const unnamed = operations.filter(
      ({ summary, tags }) => summary === '' || !tags.some((tag) => tag !== ''),
    );
    expect(unnamed).toEqual([]);
  });

  it('leads to nothing that a service has for itself', async () => {
    const internal = operations.filter(
      ({ path, isForServices }) => isForServices || path.startsWith('/internal/'),
    );
    expect(internal.map(({ path }) => path)).toContain('/internal/ledgers/{ledger}/trial-balance');
    for (const operation of internal) {
      expect({ ...operation, status: await answerTo(operation) }).toEqual({ ...operation, status: 404 });
    }
    expect((await world.api.call('GET', '/metrics')).status).toBe(404);
  });

  it('leads nowhere that is not there', () => {
    const dead = table.flatMap(({ service, path, below, methods }) => {
      const there = operations.filter(
        (operation) =>
          operation.service === service &&
          (operation.path === path || (below && operation.path.startsWith(`${path}/`))),
      );
      if (below) return there.length > 0 ? [] : [`${service} ${path}`];
      return methods
        .filter((method) => !there.some((operation) => operation.method === method))
        .map((method) => `${service} ${method} ${path}`);
    });
    expect(dead).toEqual([]);
  });
});
