import {
  checkLiability,
  eventProofFault,
  eventProofSchema,
  liabilityDocumentSchema,
  openCheckpoint,
} from '@florin/books';
import { emptyRoot, MerkleFrontier, generateKey, verifyConsistency, VerifierKey } from '@florin/proofs';
import { eventually, type Person } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { euros, noLimits, World } from './world.js';

const ledger = 'it-eur';
const keysSchema = z.object({ items: z.array(z.object({ key: z.string(), current: z.boolean() })) });

describe('the proof of a payment', () => {
  let world: World;
  let anna: Person;
  let bruno: Person;
  let carla: Person;

  beforeAll(async () => {
    world = await World.start(noLimits, { LIABILITIES_MS: '1000' });
    anna = await world.api.register({ name: 'Anna Rossi', phone: '+393331000001' });
    bruno = await world.api.register({ name: 'Bruno Bianchi', phone: '+393331000002' });
    carla = await world.api.register({ name: 'Carla Verdi', phone: '+393331000003' });
    await anna.fund(20_000);
  }, 180_000);

  afterAll(() => world?.close(), 60_000);

  const publicKeys = async (): Promise<VerifierKey[]> => {
    const { body } = await world.api.call('GET', `/v1/ledgers/${ledger}/keys`);
    return keysSchema.parse(body).items.map(({ key }) => VerifierKey.parse(key));
  };

  it('is for who paid and who was paid, and holds for anybody who has the public key', async () => {
    const { body: payment } = await anna.pay(euros(bruno, 1250));
    const path = `/v1/ledgers/${ledger}/entries/${payment.entry!.id}/proof`;
    const keys = await publicKeys();
    for (const person of [anna, bruno]) {
      const answer = await eventually(async () => {
        const got = await person.call('GET', path);
        expect(got.status).toBe(200);
        return got;
      }, 15_000);
      const proof = eventProofSchema.parse(answer.body);
      expect(eventProofFault(proof, keys)).toBeUndefined();
      expect(proof.event).toContain(payment.entry!.id);
      expect(eventProofFault({ ...proof, event: proof.event.replace('1250', '1251') }, keys)).toBeDefined();
    }
    expect(await carla.call('GET', path)).toMatchObject({
      status: 404,
      body: { type: 'https://florin.dev/problems/entry-not-found' },
    });
    const unknown = path.replace(payment.entry!.id, randomUUID());
    expect(await anna.call('GET', unknown)).toMatchObject({ status: 404 });
    expect(await world.api.call('GET', path)).toMatchObject({ status: 401 });
  });

  it('of what is owed to somebody is for them alone, and holds under the public key', async () => {
    const dora = await world.api.register({ name: 'Dora Neri', phone: '+393331000004' });
    await dora.fund(5_000);
    await dora.pay(euros(bruno, 700));
    const path = `/v1/ledgers/${ledger}/liabilities/proof`;
    const document = await eventually(async () => {
      const { body, status } = await dora.call('GET', path);
      expect(status).toBe(200);
      const read = liabilityDocumentSchema.parse(body);
      expect(read.proof.balance).toBe('4300');
      return read;
    }, 30_000);
    const keys = await publicKeys();
    const said = checkLiability(document, keys);
    expect(said).toMatchObject({ count: expect.any(Number) });
    expect(JSON.stringify(document.proof)).not.toContain(bruno.id);
    const richer = { ...document, proof: { ...document.proof, balance: '4301' } };
    expect(checkLiability(richer, keys)).toContain('does not lead to the signed root');
    const stranger = generateKey(keys[0]!.name).verifier;
    expect(checkLiability(document, [stranger])).toBe('no known key has signed');

    const older = await dora.call('GET', `${path}?size=${document.size}`);
    expect(older).toMatchObject({ status: 200, body: { size: document.size } });
    expect(await dora.call('GET', `${path}?size=1`)).toMatchObject({
      status: 404,
      body: { type: 'https://florin.dev/problems/checkpoint-not-found' },
    });
    expect(await dora.call('GET', `${path}?account=wallet:${bruno.id}`)).toMatchObject({
      status: 404,
      body: { type: 'https://florin.dev/problems/account-not-found' },
    });
    expect(await world.api.call('GET', path)).toMatchObject({ status: 401 });
  });

  it('has tiles for everybody, and no entries', async () => {
    const keys = await publicKeys();
    const get = (path: string): Promise<Response> =>
      fetch(`${world.stack.gatewayUrl}/v1/ledgers/${ledger}/${path}`);
    const checkpoint = await get('checkpoint');
    expect(checkpoint.headers.get('content-type')).toMatch(/^text\/plain/);
    const { root, size } = openCheckpoint(await checkpoint.text(), ledger, keys);
    const tile = await get(`tile/0/000.p/${size}`);
    expect([tile.status, tile.headers.get('content-type'), tile.headers.get('cache-control')]).toEqual([
      200,
      'application/octet-stream',
      'public, max-age=31536000, immutable',
    ]);
    expect(tile.headers.get('ratelimit')).toMatch(/^"address"/);
    const hashes = Buffer.from(await tile.arrayBuffer());
    const frontier = new MerkleFrontier();
    for (let at = 0; at < hashes.length; at += 32) frontier.append(hashes.subarray(at, at + 32));
    expect(frontier.root()).toEqual(root);
    for (const path of ['tile/0/000', 'tile/0/000.p/255', 'tile/entries/000', 'tile/x/000']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('rests on checkpoints that begin with each other', async () => {
    const keys = await publicKeys();
    const latest = async () => {
      const { body } = await world.api.call<string>('GET', `/v1/ledgers/${ledger}/checkpoints/latest`);
      return openCheckpoint(body, ledger, keys);
    };
    const before = await latest();
    await anna.pay(euros(bruno, 100));
    const after = await eventually(async () => {
      const found = await latest();
      expect(found.size).toBeGreaterThan(before.size);
      return found;
    }, 15_000);
    const proved = await world.api.call<{ proof: string[] }>(
      'GET',
      `/v1/ledgers/${ledger}/consistency?from=${before.size}&to=${after.size}`,
    );
    const proof = proved.body.proof.map((hash) => Buffer.from(hash, 'base64'));
    expect(verifyConsistency(before.size, after.size, before.root, after.root, proof)).toBe(true);
    expect(verifyConsistency(before.size, after.size, emptyRoot, after.root, proof)).toBe(false);

    const { body } = await world.api.call('GET', `/v1/ledgers/${ledger}/checkpoints?limit=2`);
    expect(body).toMatchObject({ items: [{ size: after.size }, { size: before.size }] });
    const beyond = `/v1/ledgers/${ledger}/consistency?from=1&to=${after.size + 1_000}`;
    expect(await world.api.call('GET', beyond)).toMatchObject({ status: 404 });
    expect(await world.api.call('GET', `/v1/ledgers/${ledger}/consistency?from=2&to=1`)).toMatchObject({
      status: 400,
    });
    expect(await world.api.call('GET', '/v1/ledgers/br-brl/keys')).toMatchObject({ status: 404 });
  });
});
