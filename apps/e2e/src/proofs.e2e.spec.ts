import { eventProofFault, eventProofSchema, openCheckpoint } from '@florin/books';
import { emptyRoot, verifyConsistency, VerifierKey } from '@florin/proofs';
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
    world = await World.start(noLimits);
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
