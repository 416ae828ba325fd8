import { setTimeout as sleep } from 'node:timers/promises';
import { BACKWARDS, END, jsonEvent, START } from '@eventstore/db-client';
import { eventsOf, expecting, numbered, numbersOf } from './events.fixture.spec.js';
import { startServer, unique, type TestServer } from './server.fixture.spec.js';

describe('the metadata of a stream', () => {
  let server: TestServer;
  let stream: string;
  beforeAll(async () => (server = await startServer()));
  beforeEach(async () => {
    stream = unique('short');
    await server.client.appendToStream(stream, numbered(10));
  });
  afterAll(() => server.close());

  const read = (options = {}) => numbersOf(server.client.readStream(stream, options));

  it('are none at first, and then what was set last', async () => {
    const { client } = server;
    expect((await client.getStreamMetadata(stream)).metadata).toBeUndefined();
    const metadata = {
      maxCount: 20,
      maxAge: 3_600,
      truncateBefore: 1,
      cacheControl: 30,
      acl: { readRoles: ['$all'], writeRoles: ['$admins', 'ops'] },
      own: { of: ['anybody'] },
    };
    await client.setStreamMetadata(stream, { maxCount: 5 });
    await client.setStreamMetadata(stream, metadata);
    const found = await client.getStreamMetadata(stream);
    expect(found).toMatchObject({ streamName: stream, metadata: { maxCount: 20, maxAge: 3_600 } });
    expect(found.metadata).toMatchObject({ truncateBefore: 1, cacheControl: 30, own: { of: ['anybody'] } });
    expect(JSON.stringify(found.metadata?.acl)).toContain('ops');
    // Of metadata only the last are there.
    expect(await eventsOf(client.readStream(`$$${stream}`))).toHaveLength(1);
  });

  it('expect a revision of their own', async () => {
    const { client } = server;
    await client.setStreamMetadata(stream, { maxCount: 5 }, { expectedRevision: 'no_stream' });
    const again = client.setStreamMetadata(stream, { maxCount: 6 }, { expectedRevision: 'no_stream' });
    await expect(again).rejects.toMatchObject({ type: 'wrong-expected-version' });
    expect(await read()).toEqual([5, 6, 7, 8, 9]);
  });

  it('keep the last events alone ($maxCount), from either side, past and to come', async () => {
    const { client } = server;
    await client.setStreamMetadata(stream, { maxCount: 3 });
    expect(await read()).toEqual([7, 8, 9]);
    expect(await read({ fromRevision: 8n })).toEqual([8, 9]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([9, 8, 7]);
    await client.appendToStream(stream, numbered(2, { first: 10 }));
    expect(await read({ fromRevision: START })).toEqual([9, 10, 11]);
  });

  it('hide nothing from who was there when it was appended', async () => {
    const { client } = server;
    await client.setStreamMetadata(stream, { maxCount: 1 });
    const arrived = expecting<number>(4);
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    subscription.on('data', ({ event }) => arrived.got((event?.data as { number: number }).number));
    await new Promise((resolve) => subscription.once('caughtUp', resolve));
    await client.appendToStream(stream, numbered(3, { first: 10 }));
    expect(await arrived.all).toEqual([9, 10, 11, 12]);
    await subscription.unsubscribe();
  });

  it('hide nothing where one of their values cannot be one', async () => {
    const metadata = (values: object) => jsonEvent({ type: '$metadata', data: values as never });
    await server.client.appendToStream(`$$${stream}`, metadata({ $tb: 5, $maxCount: 3 }));
    expect(await read()).toEqual([7, 8, 9]);
    await server.client.appendToStream(`$$${stream}`, metadata({ $tb: 5, $maxCount: 0 }));
    expect(await read()).toHaveLength(10);
  });

  it('hide the events before a revision ($tb)', async () => {
    await server.client.setStreamMetadata(stream, { truncateBefore: 9 });
    expect(await read({ fromRevision: 5n })).toEqual([9]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([9]);
    await server.client.setStreamMetadata(stream, { truncateBefore: 20 });
    expect(await read()).toEqual([]);
  });

  it('hide the events that are older than so many seconds ($maxAge)', async () => {
    const { client } = server;
    // Long enough for a slow machine to append, set and read within it.
    await sleep(5_100);
    await client.appendToStream(stream, numbered(2, { first: 10 }));
    await client.setStreamMetadata(stream, { maxAge: 5 });
    expect(await read()).toEqual([10, 11]);
    expect(await read({ direction: BACKWARDS, fromRevision: END })).toEqual([11, 10]);
    const arrived = expecting<number>(2);
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    subscription.on('data', ({ event }) => arrived.got((event?.data as { number: number }).number));
    expect(await arrived.all).toEqual([10, 11]);
    await subscription.unsubscribe();
    await client.setStreamMetadata(stream, { maxAge: 3_600 });
    expect(await read()).toHaveLength(12);
  });

  it('say what is gone of a stream that was deleted and came back by an append', async () => {
    const { client } = server;
    await client.setStreamMetadata(stream, { maxCount: 50 });
    await client.deleteStream(stream);
    await client.appendToStream(stream, numbered(1, { first: 10 }));
    expect(await read()).toEqual([10]);
    const { metadata } = await client.getStreamMetadata(stream);
    expect(metadata).toEqual({ truncateBefore: 10 });
  });

  it('bring a deleted stream back without its events', async () => {
    const { client } = server;
    await client.deleteStream(stream);
    await client.setStreamMetadata(stream, { maxCount: 5, own: 1 });
    expect(await read()).toEqual([]);
    const { metadata } = await client.getStreamMetadata(stream);
    expect(metadata).toEqual({ maxCount: 5, own: 1, truncateBefore: 10 });
    await client.appendToStream(stream, numbered(1, { first: 10 }), { expectedRevision: 'stream_exists' });
    expect(await read()).toEqual([10]);
  });

  it('make a stream exist for those who expect it', async () => {
    const later = unique('later');
    await server.client.setStreamMetadata(later, { maxCount: 5 });
    await server.client.appendToStream(later, numbered(1), { expectedRevision: 'stream_exists' });
    expect(await numbersOf(server.client.readStream(later))).toEqual([0]);
  });
});

describe('a link to an event', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it('is read as it is, or with the event that it points to while that is there', async () => {
    const { client } = server;
    const [orders, links] = [unique('orders'), unique('links')];
    await client.appendToStream(orders, numbered(3));
    const linkTo = (revision: number) => jsonEvent({ type: '$>', data: `${revision}@${orders}` });
    await client.appendToStream(links, numbered(1, { first: 99 }));
    // As the server's own projections write them: text that is not JSON.
    await client.appendToStream(links, [linkTo(2), linkTo(0)].map(asText) as never);
    const plain = await eventsOf(client.readStream(links));
    expect(plain.map(({ type }) => type)).toEqual(['Counted', '$>', '$>']);
    expect(await numbersOf(client.readStream(links, { resolveLinkTos: true }))).toEqual([99, 2, 0]);
    await client.setStreamMetadata(orders, { truncateBefore: 1 });
    const found: unknown[] = [];
    for await (const { event, link } of client.readStream(links, { resolveLinkTos: true })) {
      found.push([event?.streamId === orders, link?.streamId === links]);
    }
    expect(found).toEqual([
      [false, false],
      [true, true],
      [false, true],
    ]);
  });

  function asText(event: { id: string; type: string; data: unknown }) {
    return { ...event, contentType: 'application/octet-stream', data: Buffer.from(String(event.data)) };
  }
});
