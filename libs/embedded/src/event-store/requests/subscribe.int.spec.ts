import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type Position,
  type StreamSubscription,
} from '@eventstore/db-client';
import { expecting, numbered, startFixture, type Fixture } from '../event-store.fixture.spec.js';

interface Arrived {
  event?: { data?: unknown; streamId: string };
}
const numberIn = ({ event }: Arrived) => (event?.data as { number: number }).number;

describe('a subscription to a stream', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await startFixture()));
  afterEach(() => fixture.remove());

  /** Subscribes and waits until it is live. */
  const caughtUp = (subscription: StreamSubscription) =>
    new Promise<void>((resolve) => subscription.once('caughtUp', resolve));

  it('gives what is there, is caught up once, and goes on with what is appended', async () => {
    const { client } = fixture;
    await client.appendToStream('orders', numbered(1_200));
    const happened: unknown[] = [];
    const arrived = expecting<number>(1_203);
    const subscription = client
      .subscribeToStream('orders', { fromRevision: START })
      .on('confirmation', () => happened.push('confirmed'))
      .on('caughtUp', () => happened.push('caught up'))
      .on('data', (resolved) => {
        if (happened.at(-1) !== 'events') happened.push('events');
        arrived.got(numberIn(resolved));
      });
    await caughtUp(subscription);
    await client.appendToStream('others', numbered(1));
    await client.appendToStream('orders', numbered(2, { first: 1_200 }));
    await client.appendToStream('orders', numbered(1, { first: 1_202 }));
    expect(await arrived.all).toEqual(Array.from({ length: 1_203 }, (_, index) => index));
    expect(happened).toEqual(['confirmed', 'events', 'caught up', 'events']);
    await subscription.unsubscribe();
  });

  it.each([
    ['a revision, which is not included', 1n, [2, 3, 4]],
    ['the end', END, [3, 4]],
  ] as const)('begins after %s', async (_, fromRevision, expected) => {
    const { client } = fixture;
    await client.appendToStream('orders', numbered(3));
    const arrived = expecting<number>(expected.length);
    const subscription = client.subscribeToStream('orders', { fromRevision });
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    await caughtUp(subscription);
    await client.appendToStream('orders', numbered(2, { first: 3 }));
    expect(await arrived.all).toEqual(expected);
    await subscription.unsubscribe();
  });

  it('waits for a stream that is not there yet', async () => {
    const arrived = expecting<number>(1);
    const subscription = fixture.client.subscribeToStream('later');
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    await caughtUp(subscription);
    await fixture.client.appendToStream('later', numbered(1));
    expect(await arrived.all).toEqual([0]);
    await subscription.unsubscribe();
  });

  it('ends when the stream is deleted for ever', async () => {
    await fixture.client.appendToStream('orders', numbered(1));
    const ended = Promise.withResolvers<unknown>();
    const subscription = fixture.client.subscribeToStream('orders').on('error', ended.resolve);
    subscription.resume();
    await caughtUp(subscription);
    await fixture.client.tombstoneStream('orders');
    expect(await ended.promise).toMatchObject({ type: 'stream-deleted', streamName: 'orders' });
  });
});

describe('a subscription to all', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await startFixture()));
  afterEach(() => fixture.remove());

  it('gives every event in order, from the start and live', async () => {
    const { client } = fixture;
    await client.appendToStream('a', numbered(2));
    await client.appendToStream('b', numbered(2, { first: 2 }));
    const arrived = expecting<number>(6);
    const subscription = client.subscribeToAll({ fromPosition: START });
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    subscription.on('caughtUp', () => void client.appendToStream('c', numbered(2, { first: 4 })));
    expect(await arrived.all).toEqual([0, 1, 2, 3, 4, 5]);
    await subscription.unsubscribe();
  });

  it('goes on after a position', async () => {
    const { client } = fixture;
    const { position } = await client.appendToStream('a', numbered(2));
    await client.appendToStream('b', numbered(1, { first: 2 }));
    const arrived = expecting<number>(1);
    const subscription = client.subscribeToAll({ fromPosition: position ?? START });
    subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
    expect(await arrived.all).toEqual([2]);
    await subscription.unsubscribe();
  });

  it('serves many subscribers at once', async () => {
    const { client } = fixture;
    const everyone = Array.from({ length: 50 }, () => {
      const arrived = expecting<number>(100);
      const subscription = client.subscribeToAll();
      subscription.on('data', (resolved) => arrived.got(numberIn(resolved)));
      return { arrived, subscription };
    });
    for (let first = 0; first < 100; first += 10) await client.appendToStream('a', numbered(10, { first }));
    const expected = Array.from({ length: 100 }, (_, index) => index);
    for (const { arrived } of everyone) expect(await arrived.all).toEqual(expected);
    for (const { subscription } of everyone) await subscription.unsubscribe();
  });

  it.each([
    ['stream prefixes', streamNameFilter({ prefixes: ['order', 'bill'] }), ['order-1', 'bill-1', 'order-2']],
    ['a pattern of stream names', streamNameFilter({ regex: '^\\w+-1$' }), ['order-1', 'item-1', 'bill-1']],
    ['type prefixes', eventTypeFilter({ prefixes: ['Kept'] }), ['item-1', 'order-2']],
    ['a pattern of types', eventTypeFilter({ regex: '^(Kept|Paid)$' }), ['item-1', 'bill-1', 'order-2']],
    ['no system events', excludeSystemEvents(), ['order-1', 'item-1', 'bill-1', 'order-2']],
  ])('filters by %s, past and live', async (_, filter, streams) => {
    const { client } = fixture;
    const append = (stream: string, type: string) => client.appendToStream(stream, numbered(1, { type }));
    await append('order-1', 'Placed');
    await client.setStreamMetadata('order-1', { maxCount: 5 });
    await append('item-1', 'Kept');
    const arrived = expecting<string>(streams.length);
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    subscription.on('data', ({ event }) => arrived.got(event?.streamId ?? ''));
    await new Promise<void>((resolve) => subscription.once('caughtUp', resolve));
    await append('bill-1', 'Paid');
    await append('order-2', 'Kept');
    expect(await arrived.all).toEqual(streams);
    await subscription.unsubscribe();
  });

  it('tells a filtered subscription how far it has come, also where nothing matches', async () => {
    const { client } = fixture;
    await client.appendToStream('a', numbered(250));
    const positions: Position[] = [];
    const checkpoints = expecting<Position>(3);
    const filter = eventTypeFilter({
      prefixes: ['Absent'],
      maxSearchWindow: 50,
      checkpointInterval: 2,
      checkpointReached: (_, position) => {
        positions.push(position);
        checkpoints.got(position);
      },
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    subscription.resume();
    const events: AllStreamResolvedEvent[] = [];
    for await (const resolved of client.readAll()) events.push(resolved);
    const expected = [99, 199, 249].map((index) => events[index]?.event?.position);
    expect(await checkpoints.all).toEqual(expected);
    await client.appendToStream('a', numbered(10));
    await subscription.unsubscribe();
    expect(positions).toHaveLength(3);
  });

  it('refuses a pattern that is none', async () => {
    const refused = Promise.withResolvers<Error>();
    const subscription = fixture.client.subscribeToAll({ filter: eventTypeFilter({ regex: '(' }) });
    subscription.on('error', refused.resolve);
    expect((await refused.promise).message).toMatch(/regular expression is not valid/);
  });
});
