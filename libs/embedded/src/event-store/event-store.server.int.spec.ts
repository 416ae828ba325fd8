import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  binaryEvent,
  EventStoreDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  type UnavailableError,
} from '@eventstore/db-client';
import { eventsOf, numbered, numbersOf, refusalOf } from './black-box/events.fixture.spec.js';
import { startFixture, type Fixture } from './event-store.fixture.spec.js';
import { DataDirInUse } from '../data-dir-lock.js';
import { startEventStore } from './event-store.server.js';

describe('the embedded event store', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await startFixture()));
  afterEach(() => fixture.remove());

  const segment = async () => {
    const [name] = (await readdir(fixture.dataDir)).filter((file) => file.endsWith('.segment'));
    return join(fixture.dataDir, name ?? '');
  };

  it('has the same events, revisions and positions after a restart', async () => {
    await fixture.client.appendToStream('orders', numbered(3));
    await fixture.client.appendToStream('wallets', numbered(2));
    const before = await eventsOf(fixture.client.readAll());
    await fixture.restart();
    const after = await eventsOf(fixture.client.readAll());
    expect(after).toEqual(before);
    expect(after).toHaveLength(5);
    const { nextExpectedRevision } = await fixture.client.appendToStream(
      'orders',
      numbered(1, { first: 3 }),
      {
        expectedRevision: 2n,
      },
    );
    expect(nextExpectedRevision).toBe(3n);
    expect(fixture.notices).toEqual([]);
  });

  it('has the same streams after a restart: deleted, back, truncated, limited, gone for ever', async () => {
    const { client } = fixture;
    for (const name of ['deleted', 'back', 'short', 'gone']) await client.appendToStream(name, numbered(10));
    for (const name of ['deleted', 'back']) await client.deleteStream(name);
    await client.appendToStream('back', numbered(1, { first: 10 }));
    await client.setStreamMetadata('short', { maxCount: 5, truncateBefore: 7, maxAge: 3_600 });
    await client.tombstoneStream('gone');
    for (const _ of ['before', 'after']) {
      const read = (name: string) => numbersOf(fixture.client.readStream(name));
      await expect(read('deleted')).rejects.toMatchObject({ type: 'stream-not-found' });
      expect(await read('back')).toEqual([10]);
      expect(await read('short')).toEqual([7, 8, 9]);
      await expect(read('gone')).rejects.toMatchObject({ type: 'stream-deleted' });
      await fixture.restart();
    }
  });

  it('knows a repeated append after a restart', async () => {
    const events = numbered(3);
    const first = await fixture.client.appendToStream('again', events, { expectedRevision: 'no_stream' });
    await fixture.restart();
    const append = (options = {}) => fixture.client.appendToStream('again', events, options);
    expect(await append({ expectedRevision: 'no_stream' })).toEqual(first);
    expect(await append()).toEqual(first);
  });

  it('refuses a folder that another server has open, which it leaves alone', async () => {
    await expect(startEventStore({ dataDir: fixture.dataDir })).rejects.toThrow(DataDirInUse);
    await fixture.client.appendToStream('orders', numbered(1));
  });

  it('says which port is taken', async () => {
    const dataDir = join(fixture.dataDir, 'another');
    await expect(startEventStore({ dataDir, port: fixture.server.port })).rejects.toThrow('EADDRINUSE');
    await (await startEventStore({ dataDir })).close();
  });

  it('removes a write that was cut short, and says so', async () => {
    await fixture.client.appendToStream('orders', numbered(2));
    await fixture.stop();
    const path = await segment();
    const whole = await readFile(path);
    await writeFile(path, Buffer.concat([whole, whole.subarray(16, 100)]));
    await fixture.restart();
    expect(await numbersOf(fixture.client.readStream('orders'))).toEqual([0, 1]);
    expect(fixture.notices).toEqual([expect.stringContaining(`at byte ${whole.length}`)]);
  });

  it('does not start over a damaged middle, and names file and offset', async () => {
    await fixture.client.appendToStream('orders', numbered(2));
    await fixture.client.appendToStream('orders', numbered(2));
    await fixture.stop();
    const path = await segment();
    const bytes = await readFile(path);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(startEventStore({ dataDir: fixture.dataDir })).rejects.toThrow(
      `${path} is damaged at byte 16`,
    );
    expect(await readFile(path)).toEqual(bytes);
    bytes[60] ^= 1;
    await writeFile(path, bytes);
    await fixture.restart();
    expect(await numbersOf(fixture.client.readStream('orders'))).toEqual([0, 1, 0, 1]);
  });

  it('starts over a segment that was created and never written', async () => {
    await fixture.stop();
    await truncate(await segment(), 3);
    await rm(join(fixture.dataDir, 'acknowledged'));
    await fixture.restart();
    expect(fixture.notices).toEqual([
      expect.stringContaining('acknowledged is missing'),
      expect.stringContaining('it was removed'),
    ]);
    await fixture.client.appendToStream('orders', numbered(1));
  });

  it('refuses with a sentence what it does not do, and says what to do instead', async () => {
    const { client } = fixture;
    const settings = persistentSubscriptionToStreamSettingsFromDefaults();
    const refused: [string, () => Promise<unknown>][] = [
      ['subscribe to $all', () => client.listProjections()],
      ['subscribe to $all', () => client.createProjection('all', 'fromAll()')],
      ['catch-up', () => client.createPersistentSubscriptionToStream('s', 'readers', settings)],
      ['catch-up', () => client.updatePersistentSubscriptionToStream('s', 'readers', settings)],
      ['catch-up', () => client.deletePersistentSubscriptionToStream('s', 'readers')],
      ['catch-up', () => client.listAllPersistentSubscriptions()],
      ['catch-up', () => client.listPersistentSubscriptionsToStream('s')],
      ['catch-up', () => client.getPersistentSubscriptionToStreamInfo('s', 'readers')],
      ['catch-up', () => client.replayParkedMessagesToStream('s', 'readers')],
      ['catch-up', () => client.restartPersistentSubscriptionSubsystem()],
      ['catch-up', () => client.listPersistentSubscriptionsToAll()],
      ['catch-up', () => client.deletePersistentSubscriptionToAll('readers')],
      ['catch-up', () => once(client.subscribeToPersistentSubscriptionToStream('s', 'readers'), 'data')],
    ];
    for (const [instead, attempt] of refused) await expect(attempt()).rejects.toThrow(instead);
  });

  it('takes metadata of the longest name that a stream may have, and deletes such a stream', async () => {
    const { client } = fixture;
    const longest = 'x'.repeat(1_024);
    await client.appendToStream(longest, numbered(2));
    await client.setStreamMetadata(longest, { truncateBefore: 1 });
    expect(await numbersOf(client.readStream(longest))).toEqual([1]);
    await client.deleteStream(longest);
    expect((await client.getStreamMetadata(longest)).metadata).toBeDefined();
    await expect(client.appendToStream(`${longest}x`, numbered(1))).rejects.toThrow('may have 1024 bytes');
  });

  it('refuses metadata that are nested too deep, and keeps what was said before', async () => {
    const { client } = fixture;
    await client.appendToStream('orders', numbered(1));
    await client.deleteStream('orders');
    const data = Buffer.from(`{"own":"]}","nested":${'['.repeat(300_000)}${']'.repeat(300_000)}}`);
    const refusal = client.appendToStream('$$orders', binaryEvent({ type: '$metadata', data }));
    await expect(refusal).rejects.toThrow('may be nested 1000 deep');
    expect(await eventsOf(client.readStream('$$orders'))).toHaveLength(1);
  });

  it.each([
    ['$all', 'not appended to'],
    ['$$', 'a stream without a name'],
    ['$$$$orders', 'Metadata have no metadata'],
  ])('neither appends to %s nor deletes it', async (name, sentence) => {
    const { client } = fixture;
    await expect(client.appendToStream(name, numbered(1))).rejects.toThrow(sentence);
    const credentials = { username: 'makes', password: 'an append of its own' };
    await expect(client.appendToStream(name, numbered(1), { credentials })).rejects.toThrow(sentence);
    await expect(client.deleteStream(name)).rejects.toThrow(sentence);
    expect(await eventsOf(client.readAll())).toEqual([]);
    // That of $all is one like others.
    await client.setStreamMetadata('$all', { acl: { readRoles: ['ops'] } });
    expect((await client.getStreamMetadata('$all')).metadata).toBeDefined();
  });

  it('says why when it cannot write any more, and gives what it has', async () => {
    const { client, dataDir, notices } = fixture;
    await rm(dataDir, { recursive: true });
    const credentials = { username: 'makes', password: 'an append of its own' };
    for (const attempt of [
      () => client.appendToStream('orders', numbered(1)),
      () => client.appendToStream('orders', numbered(1), { credentials }),
      () => client.deleteStream('orders', { expectedRevision: 'any' }),
    ]) {
      const { type, message } = (await refusalOf(attempt())) as UnavailableError;
      expect([type, message]).toEqual(['unavailable', expect.stringMatching('cannot write .*ENOENT')]);
    }
    expect(await eventsOf(client.readAll())).toEqual([]);
    expect(notices).toEqual([expect.stringContaining('restart it when that is mended')]);
    await mkdir(dataDir);
    await expect(fixture.server.close()).rejects.toThrow('cannot write');
    await fixture.client.dispose();
    fixture = await startFixture();
  });

  it('is found by clients that ask for the cluster', async () => {
    const url = `esdb+discover://127.0.0.1:${fixture.server.port}?tls=false`;
    const client = EventStoreDBClient.connectionString(url);
    await client.appendToStream('orders', numbered(1));
    expect(await numbersOf(client.readStream('orders'))).toEqual([0]);
    await client.dispose();
  });

  it('ends its calls when it stops; what it had acknowledged is there', async () => {
    const ended = Promise.withResolvers<unknown>();
    fixture.client.subscribeToAll().on('error', ended.resolve);
    await fixture.client.appendToStream('first', numbered(1));
    const appends = Array.from({ length: 200 }, (_, index) =>
      fixture.client.appendToStream(`s-${index}`, numbered(10)),
    );
    await appends[0];
    const [, ...outcomes] = await Promise.all([fixture.server.close(), ...appends.map(isAcknowledged)]);
    expect(await ended.promise).toMatchObject({ type: 'unavailable' });
    await fixture.restart();
    for (const [index, acknowledged] of outcomes.entries()) {
      if (!acknowledged) continue;
      expect(await numbersOf(fixture.client.readStream(`s-${index}`))).toHaveLength(10);
    }
  });
});

function isAcknowledged(append: Promise<unknown>): Promise<boolean> {
  return append.then(
    () => true,
    () => false,
  );
}
