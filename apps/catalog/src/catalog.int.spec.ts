import { loadConfig } from '@florin/configuration';
import { listRoutes, migrateDatabase, startService, type RunningService } from '@florin/service-host';
import {
  ApiClient,
  startTestEngines,
  startTokenAuthority,
  type Answer,
  type ProblemDto,
  type TestEngines,
  type TokenAuthority,
} from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { catalogModule } from './catalog.module.js';
import { catalogConfig, type CatalogConfig } from './config.js';
import { catalogDatabase } from './database.js';
import type { Product } from './products/product.js';
import type { Shop } from './shops/shop.js';

const problemOf = (answer: Answer): [number, string | undefined] => [
  answer.status,
  (answer.body as ProblemDto).type?.split('/').at(-1),
];

let engines: TestEngines;
let authority: TokenAuthority;
let service: RunningService<CatalogConfig>;
let database: DataSource;
let api: ApiClient;

beforeAll(async () => {
  engines = await startTestEngines({ databases: ['catalog'], kafka: true });
  authority = await startTokenAuthority();
  // Kafka is away to begin with, so that what is to be published stays in the outbox.
  const config = configuration({ KAFKA_BROKERS: '127.0.0.1:1' });
  await migrateDatabase(catalogDatabase(config));
  service = await start(config);
  database = await catalogDatabase(config).initialize();
  api = new ApiClient(service.url);
}, 60_000);

afterAll(async () => {
  await api?.close();
  await database?.destroy();
  await service?.stop();
  await authority?.close();
  await engines?.close();
}, 30_000);

const start = (config: CatalogConfig) =>
  startService({ name: 'catalog', config: catalogConfig, module: catalogModule }, config);

const configuration = (kafka: Readonly<Record<string, string>> = {}): CatalogConfig =>
  loadConfig(catalogConfig, {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    ...authority.environment,
    DATABASE_URL: engines.databaseUrl('catalog'),
    ...kafka,
    MARKETS: 'it,br',
  });

const newPerson = async () => {
  const personId = randomUUID();
  return { personId, token: await authority.personToken(personId) };
};

/** Somebody's new shop. */
async function newShop(market = 'it') {
  const owner = await newPerson();
  const shop = await api.expect<Shop>(201, 'POST', '/v1/shops', {
    token: owner.token,
    body: { name: 'Bar Centrale', market },
  });
  return { owner, shop, products: `/v1/shops/${shop.shopId}/products` };
}

const coffee = (changes: object = {}) => ({
  sku: 'COFFEE-1',
  title: 'Coffee, 250 g',
  price: { value: 650, currency: 'EUR' },
  availability: 'in_stock',
  ...changes,
});

async function published(shopId: string): Promise<{ type: string | undefined; data: unknown }[]> {
  const rows: { payload: string; headers: Record<string, string> }[] = await database.query(
    'SELECT payload, headers FROM outbox WHERE partition_key = $1 ORDER BY id',
    [shopId],
  );
  return rows.map(({ payload, headers }) => ({
    type: headers['ce_type'],
    data: JSON.parse(payload) as unknown,
  }));
}

describe('a shop', () => {
  it('belongs to who opened it, and everybody signed in may see it', async () => {
    const { owner, shop } = await newShop();
    expect(shop).toEqual({
      shopId: expect.any(String) as string,
      ownerId: owner.personId,
      name: 'Bar Centrale',
      market: 'it',
    });
    const { token } = await newPerson();
    expect((await api.call('GET', `/v1/shops/${shop.shopId}`, { token })).body).toEqual(shop);
    expect(problemOf(await api.call('GET', `/v1/shops/${shop.shopId}`))).toEqual([401, 'token-missing']);
    expect(problemOf(await api.call('GET', `/v1/shops/${randomUUID()}`, { token }))).toEqual([
      404,
      'shop-unknown',
    ]);
  });

  it.each([
    ['/name', { name: ' ', market: 'it' }],
    ['/market', { name: 'Bar', market: 'us' }],
    ['/ownerId', { name: 'Bar', market: 'it', ownerId: randomUUID() }],
  ])('with a wrong %s is refused', async (pointer, body) => {
    const { token } = await newPerson();
    const answer = await api.call('POST', '/v1/shops', { token, body });
    expect(problemOf(answer)).toEqual([400, 'invalid-request']);
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });
});

it('a shop is opened where Florin is open', async () => {
  const { token } = await newPerson();
  const answer = await api.call('POST', '/v1/shops', { token, body: { name: 'Chai', market: 'in' } });
  expect(problemOf(answer)).toEqual([422, 'market-closed']);
});

describe('a product', () => {
  it('is added and changed by the owner, and each time it is told', async () => {
    const { owner, shop, products } = await newShop();
    const { token } = owner;
    const added = await api.expect<Product>(201, 'POST', products, { token, body: coffee() });
    expect(added).toEqual({ ...coffee(), shopId: shop.shopId, productId: expect.any(String) as string });
    const change = { price: { value: 700, currency: 'EUR' }, availability: 'out_of_stock' };
    const changed = await api.expect<Product>(200, 'PATCH', `${products}/${added.productId}`, {
      token,
      body: change,
    });
    expect(changed).toEqual({ ...added, ...change });
    expect(await published(shop.shopId)).toEqual([
      {
        type: 'com.florin.shop.opened.v1',
        data: { shopId: shop.shopId, ownerId: owner.personId, market: 'it' },
      },
      { type: 'com.florin.product.added.v1', data: added },
      { type: 'com.florin.product.changed.v1', data: changed },
    ]);
  });

  it("of somebody else's shop is out of reach", async () => {
    const { owner, shop, products } = await newShop();
    const { productId } = await api.expect<Product>(201, 'POST', products, {
      token: owner.token,
      body: coffee(),
    });
    const { token } = await newPerson();
    const body = coffee({ sku: 'TEA-1' });
    expect(problemOf(await api.call('POST', products, { token, body }))).toEqual([403, 'shop-foreign']);
    const change = { token, body: { title: 'Mine now' } };
    expect(problemOf(await api.call('PATCH', `${products}/${productId}`, change))).toEqual([
      403,
      'shop-foreign',
    ]);
    expect((await published(shop.shopId)).map(({ type }) => type)).toEqual([
      'com.florin.shop.opened.v1',
      'com.florin.product.added.v1',
    ]);
  });

  it('needs its shop, and a change needs the product in that shop', async () => {
    const { owner, products } = await newShop();
    const other = await newShop();
    const { productId } = await api.expect<Product>(201, 'POST', products, {
      token: owner.token,
      body: coffee(),
    });
    const nowhere = `/v1/shops/${randomUUID()}/products`;
    const { token } = other.owner;
    const body = { title: 'Tea' };
    expect(problemOf(await api.call('POST', nowhere, { token, body: coffee() }))).toEqual([
      404,
      'shop-unknown',
    ]);
    expect(problemOf(await api.call('GET', nowhere, { token }))).toEqual([404, 'shop-unknown']);
    const elsewhere = await api.call('PATCH', `${other.products}/${productId}`, { token, body });
    expect(problemOf(elsewhere)).toEqual([404, 'product-unknown']);
  });

  it("is priced in the currency of the shop's market", async () => {
    const { owner, shop, products } = await newShop('br');
    const { token } = owner;
    expect(problemOf(await api.call('POST', products, { token, body: coffee() }))).toEqual([
      422,
      'currency-mismatch',
    ]);
    const inReais = coffee({ price: { value: 3_900, currency: 'BRL' } });
    const { productId } = await api.expect<Product>(201, 'POST', products, { token, body: inReais });
    const body = { price: { value: 650, currency: 'EUR' } };
    const changed = await api.call('PATCH', `${products}/${productId}`, { token, body });
    expect(problemOf(changed)).toEqual([422, 'currency-mismatch']);
    expect(await published(shop.shopId)).toHaveLength(2);
  });

  it('has a SKU of its own in its shop, also when two are added at once', async () => {
    const [first, second] = [await newShop(), await newShop()];
    const { token } = first.owner;
    const both = await Promise.all(
      [1, 2].map(() => api.call('POST', first.products, { token, body: coffee() })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(problemOf(both.find(({ status }) => status === 409)!)).toEqual([409, 'sku-taken']);
    await api.expect(201, 'POST', second.products, { token: second.owner.token, body: coffee() });
  });

  it.each([
    ['zero', 0, 'amount-zero'],
    ['negative', -650, 'amount-negative'],
    ['fractional', 6.5, 'amount-fractional'],
    ['beyond the safe integer', Number.MAX_SAFE_INTEGER + 1, 'number-too-large'],
  ])('cannot have a price that is %s', async (_, value, problem) => {
    const { owner, products } = await newShop();
    const body = coffee({ price: { value, currency: 'EUR' } });
    const answer = await api.call('POST', products, { token: owner.token, body });
    expect(problemOf(answer)).toEqual([400, problem]);
    expect(answer.body).toMatchObject({ errors: [{ pointer: '/price/value' }] });
  });
});

it('lists products in the order in which they were added, page by page', async () => {
  const { owner, products } = await newShop();
  const { token } = owner;
  const added: Product[] = [];
  for (const sku of ['A', 'B', 'C', 'D', 'E']) {
    added.push(await api.expect<Product>(201, 'POST', products, { token, body: coffee({ sku }) }));
  }
  const pages: Product[][] = [];
  for (let query = '?limit=2'; query !== '';) {
    const page = await api.expect<{ items: Product[]; nextCursor: string | null }>(
      200,
      'GET',
      products + query,
      {
        token,
      },
    );
    pages.push(page.items);
    query = page.nextCursor === null ? '' : `?limit=2&cursor=${page.nextCursor}`;
  }
  expect(pages).toEqual([added.slice(0, 2), added.slice(2, 4), added.slice(4)]);
});

it('guards every route', () => {
  const open = listRoutes(service.app)
    .filter(({ path }) => !/^\/(health|metrics|docs)/.test(path))
    .filter(({ access }) => access.kind !== 'person');
  expect(open).toEqual([]);
});

const readiness = async () => {
  const response = await fetch(`${service.url}/health/ready`);
  return (await response.json()) as { status: string; dependencies: Record<'kafka', string> };
};

it('publishes what waited in the outbox once Kafka is there', async () => {
  const { shop } = await newShop();
  expect(await published(shop.shopId)).toHaveLength(1);
  // Ready all the same: what is to be told waits.
  while ((await readiness()).dependencies.kafka !== 'failed (ECONNREFUSED)') await sleep(50);
  expect(await readiness()).toMatchObject({ status: 'ok' });
  await service.stop();
  service = await start(configuration(engines.kafka?.environment));
  const left = async (): Promise<number> => (await database.query<unknown[]>('SELECT 1 FROM outbox')).length;
  while ((await left()) > 0) await sleep(50);
  expect((await readiness()).dependencies).toEqual({ kafka: 'ok' });
});
