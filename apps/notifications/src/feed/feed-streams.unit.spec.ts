import { setImmediate as turn } from 'node:timers/promises';
import { FeedStreams, streamsPerPerson, type FeedStream } from './feed-streams.js';
import type { FeedCursor, Placed } from './feed.store.js';

const placed = (position: number): Placed => ({
  position,
  notification: {
    id: `n${position}`,
    kind: 'payment_sent',
    paymentId: 'p',
    text: 'text',
    locale: 'it',
    createdAt: new Date(0),
  },
});

/** Feeds in memory, and everything that was asked of them. */
function feeds() {
  const last = new Map<string, number>();
  const reads: FeedCursor[][] = [];
  const errors: unknown[] = [];
  const state = { broken: false };
  const streams = new FeedStreams({
    read: async (cursors, limit) => {
      reads.push([...cursors]);
      await turn();
      if (state.broken) throw new Error('database is away');
      return cursors.flatMap(({ personId, position }, cursor) =>
        Array.from({ length: Math.min((last.get(personId) ?? 0) - position, limit) }, (_, index) => ({
          cursor,
          ...placed(position + index + 1),
        })),
      );
    },
    onError: (error) => errors.push(error),
  });
  return { last, reads, errors, state, streams };
}

function follower(personId: string, position = 0) {
  const got: number[] = [];
  const state = { ready: true };
  const stream: FeedStream = {
    personId,
    position,
    ready: () => state.ready,
    send: (news) => got.push(...news.map((item) => item.position)),
  };
  return { got, state, stream };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

describe('streams of feeds', () => {
  it('send what came after the position at which they were opened, once and in order', async () => {
    const { last, streams } = feeds();
    last.set('anna', 3);
    const anna = follower('anna', 1);
    streams.open(anna.stream);
    await settle();
    last.set('anna', 4);
    streams.wake();
    streams.wake();
    await settle();
    expect(anna.got).toEqual([2, 3, 4]);
  });

  it('read for all in one go, however often they are woken meanwhile', async () => {
    const { last, reads, streams } = feeds();
    const people = ['anna', 'bruno', 'carla'].map((id) => follower(id));
    for (const { stream } of people) streams.open(stream);
    await settle();
    reads.length = 0;
    for (const id of ['anna', 'bruno', 'carla']) last.set(id, 1);
    for (let i = 0; i < 10; i++) streams.wake();
    await settle();
    expect(people.map(({ got }) => got)).toEqual([[1], [1], [1]]);
    expect(reads.length).toBeLessThanOrEqual(2);
    expect(reads[0]).toHaveLength(3);
  });

  it('go through a long feed in pages', async () => {
    const { last, streams } = feeds();
    last.set('anna', 120);
    const anna = follower('anna');
    streams.open(anna.stream);
    await settle();
    expect(anna.got).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
  });

  it('leave the news of a slow reader where it is', async () => {
    const { last, streams } = feeds();
    const anna = follower('anna');
    anna.state.ready = false;
    streams.open(anna.stream);
    last.set('anna', 2);
    streams.wake();
    await settle();
    expect(anna.got).toEqual([]);
    anna.state.ready = true;
    streams.wake();
    await settle();
    expect(anna.got).toEqual([1, 2]);
  });

  it('are not written to when they end while their news is read', async () => {
    const { last, reads, errors, streams } = feeds();
    const anna = follower('anna');
    last.set('anna', 1);
    streams.open(anna.stream);
    expect(reads).toHaveLength(1);
    anna.state.ready = false;
    await settle();
    expect([anna.got, anna.stream.position, errors]).toEqual([[], 0, []]);
  });

  it('survive a failing read', async () => {
    const { last, errors, state, streams } = feeds();
    const anna = follower('anna');
    state.broken = true;
    streams.open(anna.stream);
    last.set('anna', 1);
    await settle();
    expect(errors).toHaveLength(1);
    state.broken = false;
    streams.wake();
    await settle();
    expect(anna.got).toEqual([1]);
  });

  it('are so many per person and no more', () => {
    const { streams } = feeds();
    const open = Array.from({ length: streamsPerPerson }, () => follower('anna').stream);
    for (const stream of open) expect(streams.open(stream)).toBe(true);
    expect(streams.open(follower('anna').stream)).toBe(false);
    expect(streams.open(follower('bruno').stream)).toBe(true);
    streams.close(open[0]!);
    expect(streams.open(follower('anna').stream)).toBe(true);
  });
});
