import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  START,
  streamNameFilter,
  type Filter,
  type Position,
  type StreamSubscription,
} from '@eventstore/db-client';
import { expecting, numbered } from './events.fixture.spec.js';
import { lastPosition, startServer, unique, type TestServer } from './server.fixture.spec.js';

interface Arrived {
  event?: { data?: unknown; streamId: string };
}
const numberIn = ({ event }: Arrived) => (event?.data as { number: number }).number;

describe('a subscription to a stream', () => {
  let server: TestServer;
  let orders: string;
  beforeAll(async () => (server = await startServer()));
  beforeEach(() => (orders = unique('orders')));
  afterAll(() => server.close());

  /** Subscribes and waits until it is live. */
  const caughtUp = (subscription: StreamSubscription) =>
    new Promise<void>((resolve) => subscription.once('caughtUp', resolve));

  it('gives what is there, is caught up once, and goes on with what is appended', async () => {
    const { client } = server;
    await client.appendToStream(orders, numbered(1_200));
    const happened: unknown[] = [];
    const arrived = expecting<number>(1_203);
    const subscription = client
      .subscribeToStream(orders, { fromRevision: START })
      .on('confirmation', () => happened.push('confirmed'))
      .on('caughtUp', () => happened.push('caught up'))
      .on('data', (resolved) => {
        if (happened.at(-1) !== 'events') happened.push('events');
        arrived.got(numberIn(resolved));
      });
    await caughtUp(subscription);
    await client.appendToStream(unique('others'), numbered(1));
    await client.appendToStream(orders, numbered(2, { first: 1_200 }));
    await client.appendToStream(orders, numbered(1, { first: 1_202 }));
    expect(await arrived.all).toEqual(Array.from({ length: 1_203 }, (_, index) => index));
    expect(happened).toEqual(['confirmed', 'events', 'caught up', 'events']);
    await subscription.unsubscribe();
  });

  it.each([
    ['a revision, which is not included', 1n, [2, 3, 4]],
    ['the end', END, [3, 4]],
  ] as const)('begins after %s', async (_, fromRevision, expected) => {
    const { client } = server;
    await client.appendToStream(orders, numbered(3));
    const arrived = expecting<number>(expected.length);
    const subscription = client.subscribeToStream(orders, { fromRevision });
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    await caughtUp(subscription);
    await client.appendToStream(orders, numbered(2, { first: 3 }));
    expect(await arrived.all).toEqual(expected);
    await subscription.unsubscribe();
  });

  it('waits for a stream that is not there yet', async () => {
    const later = unique('later');
    const arrived = expecting<number>(1);
    const subscription = server.client.subscribeToStream(later);
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    await caughtUp(subscription);
    await server.client.appendToStream(later, numbered(1));
    expect(await arrived.all).toEqual([0]);
    await subscription.unsubscribe();
  });

  it('ends when the stream is deleted for ever', async () => {
    await server.client.appendToStream(orders, numbered(1));
    const ended = Promise.withResolvers<unknown>();
    const subscription = server.client.subscribeToStream(orders).on('error', ended.resolve);
    subscription.resume();
    await caughtUp(subscription);
    await server.client.tombstoneStream(orders);
    expect(await ended.promise).toMatchObject({ type: 'stream-deleted', streamName: orders });
  });
});

describe('a subscription to all', () => {
  let server: TestServer;
  /** What the names of a spec's streams begin with, and those of its types end with. */
  let run: string;
  let before: Position | typeof START;
  beforeAll(async () => (server = await startServer()));
  beforeEach(async () => {
    run = unique('run').replaceAll('-', '');
    before = await lastPosition(server.client);
  });
  afterAll(() => server.close());

  const isOwn = ({ event }: Arrived) => event?.streamId.startsWith(run) === true;
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  it.each(['the start', 'a position'])(
    'gives every event after %s in order, and those to come',
    async (from) => {
      const { client } = server;
      await client.appendToStream(`${run}-a`, numbered(2));
      await client.appendToStream(`${run}-b`, numbered(2, { first: 2 }));
      const arrived = expecting<number>(6);
      const subscription = client.subscribeToAll({ fromPosition: from === 'the start' ? START : before });
      subscription.on('data', (resolved) => isOwn(resolved) && arrived.got(numberIn(resolved)));
      subscription.on('caughtUp', () => void client.appendToStream(`${run}-c`, numbered(2, { first: 4 })));
      expect(await arrived.all).toEqual(upTo(6));
      await subscription.unsubscribe();
    },
  );

  it('goes on after a position, which is not included', async () => {
    const { client } = server;
    const { position } = await client.appendToStream(`${run}-a`, numbered(2));
    await client.appendToStream(`${run}-b`, numbered(1, { first: 2 }));
    const arrived = expecting<number>(1);
    const subscription = client.subscribeToAll({ fromPosition: position ?? START });
    subscription.on('data', (resolved) => isOwn(resolved) && arrived.got(numberIn(resolved)));
    expect(await arrived.all).toEqual([2]);
    await subscription.unsubscribe();
  });

  it('serves many subscribers at once', async () => {
    const { client } = server;
    const everyone = upTo(50).map(() => {
      const arrived = expecting<number>(100);
      const subscription = client.subscribeToAll({ fromPosition: before });
      subscription.on('data', (resolved) => isOwn(resolved) && arrived.got(numberIn(resolved)));
      return { arrived, subscription };
    });
    for (let first = 0; first < 100; first += 10) {
      await client.appendToStream(`${run}-a`, numbered(10, { first }));
    }
    for (const { arrived } of everyone) expect(await arrived.all).toEqual(upTo(100));
    for (const { subscription } of everyone) await subscription.unsubscribe();
  });

  it.each<[string, () => Filter, string[]]>([
    [
      'stream prefixes',
      () => streamNameFilter({ prefixes: [`${run}-order`, `${run}-bill`] }),
      ['order-1', 'bill-1', 'order-2'],
    ],
    [
      'a pattern of stream names',
      () => streamNameFilter({ regex: `^${run}-\\w+-1$` }),
      ['order-1', 'item-1', 'bill-1'],
    ],
    ['type prefixes', () => eventTypeFilter({ prefixes: [`Kept${run}`] }), ['item-1', 'order-2']],
    [
      'a pattern of types',
      () => eventTypeFilter({ regex: `^(Kept|Paid)${run}$` }),
      ['item-1', 'bill-1', 'order-2'],
    ],
    ['no system events', () => excludeSystemEvents(), ['order-1', 'item-1', 'bill-1', 'order-2']],
  ])('filters by %s, past and live', async (_, filter, streams) => {
    const { client } = server;
    const append = (stream: string, type: string) =>
      client.appendToStream(`${run}-${stream}`, numbered(1, { type: `${type}${run}` }));
    await append('order-1', 'Placed');
    await client.setStreamMetadata(`${run}-order-1`, { maxCount: 5 });
    await append('item-1', 'Kept');
    const arrived = expecting<string>(streams.length);
    const subscription = client.subscribeToAll({ fromPosition: before, filter: filter() });
    subscription.on('data', (resolved) => {
      expect(resolved.event?.streamId).not.toMatch(/^\$\$/);
      if (isOwn(resolved)) arrived.got(resolved.event?.streamId ?? '');
    });
    await new Promise<void>((resolve) => subscription.once('caughtUp', resolve));
    await append('bill-1', 'Paid');
    await append('order-2', 'Kept');
    expect(await arrived.all).toEqual(streams.map((stream) => `${run}-${stream}`));
    await subscription.unsubscribe();
  });

  it('tells how far it has come, also where nothing matches', async () => {
    const { client } = server;
    await client.appendToStream(`${run}-a`, numbered(250));
    const checkpoints = expecting<Position>(2);
    const filter = eventTypeFilter({
      prefixes: [`Absent${run}`],
      maxSearchWindow: 50,
      checkpointInterval: 2,
      checkpointReached: (_, position) => checkpoints.got(position),
    });
    const subscription = client.subscribeToAll({ fromPosition: before, filter });
    subscription.resume();
    const [first, second] = await checkpoints.all;
    expect(first?.commit).toBeGreaterThan(before === START ? -1n : before.commit);
    expect(second?.commit).toBeGreaterThan(first?.commit ?? 0n);
    await subscription.unsubscribe();
  });
});
