import { eventually } from '@florin/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid';
import { World } from './world.js';

const ledger = 'it-eur';

describe('a platform that calls the ledger itself', () => {
  let world: World;
  let token: string;
  const [anna, bruno] = [`wallet:${uuidv4()}`, `wallet:${uuidv4()}`] as const;

  const call = async (path: string, body?: object, url = world.stack.urls.wallet) => {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const transfer = (from: string, to: string, amount: number, more: object = {}) => ({
    ...{ ledger, id: uuidv7(), from, to, amount, currency: 'EUR', reference: 'order-1', ...more },
  });
  const balanceOf = async (account: string) =>
    (await call(`/v1/accounts/${account}?ledger=${ledger}`)).body['balance'];

  beforeAll(async () => {
    world = await World.start();
    const secret = await readFile(join(world.dataDir, 'keys', 'platform-client-secret'), 'utf8');
    const response = await fetch(`${world.stack.urls.identity}/internal/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ grant_type: 'client_credentials', client_id: 'platform', client_secret: secret },
      }),
    });
    token = ((await response.json()) as { access_token: string }).access_token;
    const accounts = [anna, bruno].map((account) => ({ account, owner: account.slice('wallet:'.length) }));
    expect((await call('/v1/accounts/batch', { ledger, accounts })).body).toMatchObject({ opened: 2 });
    const funding = transfer('source:test-money', anna, 1_000, { kind: 'test-funding' });
    expect((await call('/v1/transfers', funding)).status).toBe(201);
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  it('moves money once, however often it asks, while the wallet dies and another takes over', async () => {
    const another = await world.stack.startAnother('wallet');
    const asked = Array.from({ length: 40 }, () => transfer(anna, bruno, 10));
    const until201 = async (body: object, url: string): Promise<Record<string, unknown>> => {
      let done: Record<string, unknown> = {};
      await eventually(async () => {
        const answer = await call('/v1/transfers', body, url);
        expect([200, 201]).toContain(answer.status);
        done = answer.body;
      });
      return done;
    };
    const answers = asked.map((body) => until201(body, another.url));
    await world.stack.kill('wallet', 'SIGKILL');
    const first = await Promise.all(answers);
    await world.stack.start('wallet');
    const again = await Promise.all(asked.map((body) => until201(body, world.stack.urls.wallet)));
    expect(again).toEqual(first);
    expect(await balanceOf(bruno)).toBe(400);
    expect((await call('/v1/transfers', { ...asked[0], amount: 11 })).status).toBe(409);
    expect(await call('/v1/transfers', transfer(anna, bruno, 601))).toMatchObject({
      ...{ status: 422, body: { code: 'insufficient_funds' } },
    });
    expect(await balanceOf(anna)).toBe(600);
  }, 120_000);

  it('is not heard through the gateway', async () => {
    const { status } = await call('/v1/transfers', transfer(anna, bruno, 1), world.stack.gatewayUrl);
    expect(status).toBe(404);
  });
});
