import { startEventStore } from '@florin/embedded';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http2';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEventStore } from './esdb.js';
import {
  AppendTooLarge,
  EventStoreUnavailable,
  WrongExpectedRevision,
  type EventStore,
  type NewEvent,
  type StoredEvent,
} from './event-store.js';

type Engine = Awaited<ReturnType<typeof startEventStore>>;

let dataDir: string;
let engine: Engine;
let store: EventStore;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
  engine = await startEventStore({ dataDir });
  store = connectEventStore(engine.url);
});

afterAll(async () => {
  await store.close();
  await engine.close();
  await rm(dataDir, { recursive: true });
});

function counted(from: number, count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    type: 'Counted',
    data: { n: from + index },
    metadata: { by: 'spec' },
  }));
}

function numbers(events: readonly StoredEvent[]): number[] {
  return events.map(({ data }) => (data as { n: number }).n);
}

async function readAll(stream: string, options?: Parameters<EventStore['read']>[1]): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.read(stream, options)) events.push(...page);
  return events;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Collects what a subscription hands over, until `count` events are there. */
function collector(count: number) {
  const events: StoredEvent[] = [];
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const handler = async (batch: StoredEvent[]): Promise<void> => {
    events.push(...batch);
    if (events.length >= count) resolve();
    return Promise.resolve();
  };
  return { events, complete, handler };
}

describe('append and read', () => {
  it('reads back what was appended, with revisions from 0', async () => {
    const stream = `a-${randomUUID()}`;
    const events = counted(0, 3);
    expect(await store.append(stream, events, 'no_stream')).toEqual({ revision: 2n });
    expect(await readAll(stream)).toEqual(
      events.map((event, index) => ({ ...event, revision: BigInt(index), created: expect.any(Date) })),
    );
  });

  it('reads pages of a long stream, from a revision, backwards, and no more than asked', async () => {
    const stream = `long-${randomUUID()}`;
    await store.append(stream, counted(0, 2_500), 'no_stream');
    const sizes: number[] = [];
    for await (const page of store.read(stream)) sizes.push(page.length);
    expect(sizes).toEqual([1_000, 1_000, 500]);
    expect(numbers(await readAll(stream))).toEqual(range(0, 2_499));
    expect(numbers(await readAll(stream, { from: 2_498n }))).toEqual([2_498, 2_499]);
    expect(numbers(await readAll(stream, { direction: 'backwards', maxCount: 2 }))).toEqual([2_499, 2_498]);
    expect(numbers(await readAll(stream, { from: 1n, direction: 'backwards' }))).toEqual([1, 0]);
  });

  it('ends the read when the loop is left early', async () => {
    const stream = `left-${randomUUID()}`;
    await store.append(stream, counted(0, 2_500), 'no_stream');
    for await (const page of store.read(stream)) {
      expect(page).toHaveLength(1_000);
      break;
    }
    expect(await readAll(stream, { maxCount: 1 })).toHaveLength(1);
  });

  it('finds nothing in a stream that does not exist', async () => {
    expect(await readAll(`none-${randomUUID()}`)).toEqual([]);
  });

  it('refuses more than the store takes at once, and appends nothing of it', async () => {
    const stream = `large-${randomUUID()}`;
    const padding = 'x'.repeat(100_000);
    const padded = (count: number): NewEvent[] =>
      counted(0, count).map((event) => ({ ...event, data: { ...event.data, padding } }));
    await expect(store.append(stream, padded(11), 'no_stream')).rejects.toThrow(AppendTooLarge);
    await expect(store.append(stream, padded(40), 'no_stream')).rejects.toThrow(AppendTooLarge);
    expect(await store.append(stream, padded(8), 'no_stream')).toEqual({ revision: 7n });
  });

  it('refuses an append without events', async () => {
    await expect(store.append('empty', [], 'any')).rejects.toThrow(RangeError);
  });
});

describe('expected revision', () => {
  it('refuses the second writer, and says where the stream is', async () => {
    const stream = `fenced-${randomUUID()}`;
    await store.append(stream, counted(0, 2), 'no_stream');
    await store.append(stream, counted(2, 1), 1n);
    const late = store.append(stream, counted(9, 1), 1n);
    await expect(late).rejects.toThrow(WrongExpectedRevision);
    await expect(late).rejects.toMatchObject({ stream, expected: 1n, actual: 2n });
    await expect(store.append(stream, counted(9, 1), 'no_stream')).rejects.toMatchObject({
      expected: 'no_stream',
      actual: 2n,
    });
    expect(numbers(await readAll(stream))).toEqual([0, 1, 2]);
  });

  it('refuses a revision of a stream that does not exist', async () => {
    await expect(store.append(`none-${randomUUID()}`, counted(0, 1), 5n)).rejects.toMatchObject({
      expected: 5n,
      actual: 'no_stream',
    });
  });

  it('keeps the order of appends that were begun one after the other', async () => {
    const stream = `pipelined-${randomUUID()}`;
    await store.append(stream, counted(0, 1), 'no_stream');
    await Promise.all(range(1, 20).map((n) => store.append(stream, counted(n, 1), BigInt(n - 1))));
    expect(numbers(await readAll(stream))).toEqual(range(0, 20));
  });

  it('keeps it for the first appends of a connection, too, after a read', async () => {
    const stream = randomUUID();
    await store.append(stream, counted(0, 1), 'no_stream');
    const fresh = connectEventStore(engine.url);
    try {
      for await (const page of fresh.read(stream)) expect(page).toHaveLength(1);
      const appended = await Promise.all([
        fresh.append(stream, counted(1, 600), 0n),
        fresh.append(stream, counted(601, 300), 600n),
      ]);
      expect(appended).toEqual([{ revision: 600n }, { revision: 900n }]);
    } finally {
      await fresh.close();
    }
  });

  it('takes the same events at the same revision for the same append', async () => {
    const stream = `again-${randomUUID()}`;
    const events = counted(0, 2);
    await store.append(stream, events, 'no_stream');
    expect(await store.append(stream, events, 'no_stream')).toEqual({ revision: 1n });
    expect(numbers(await readAll(stream))).toEqual([0, 1]);
  });
});

describe('subscribe', () => {
  it('hands over what is there and what comes, in order, after a revision', async () => {
    const stream = `live-${randomUUID()}`;
    await store.append(stream, counted(0, 5), 'no_stream');
    const { events, complete, handler } = collector(7);
    const subscription = store.subscribe(stream, { after: 1n }, handler);
    await store.append(stream, counted(5, 4), 4n);
    await complete;
    await subscription.stop();
    expect(numbers(events)).toEqual(range(2, 8));
    expect(subscription.handled).toBe(8n);
  });

  it('waits for a stream that does not exist yet', async () => {
    const stream = `coming-${randomUUID()}`;
    const { events, complete, handler } = collector(1);
    const subscription = store.subscribe(stream, {}, handler);
    await store.append(stream, counted(0, 1), 'no_stream');
    await complete;
    await subscription.stop();
    expect(numbers(events)).toEqual([0]);
  });

  it('hands over no more at once than the limit', async () => {
    const stream = `batches-${randomUUID()}`;
    const batches: number[][] = [];
    const done = Promise.withResolvers<undefined>();
    await store.append(stream, counted(0, 1), 'no_stream');
    const subscription = store.subscribe(stream, { maxBatch: 10 }, async (batch) => {
      if (batches.length === 0) await store.append(stream, counted(1, 35), 0n);
      batches.push(numbers(batch));
      if (batch.at(-1)?.revision === 35n) done.resolve(undefined);
    });
    await done.promise;
    await subscription.stop();
    expect(batches.flat()).toEqual(range(0, 35));
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(10);
  });
});

describe('a store that goes away', () => {
  it('is unavailable, then serves the same client again, and subscriptions go on where they were', async () => {
    const ownDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
    let own = await startEventStore({ dataDir: ownDir });
    const port = Number(new URL(own.url.replace('esdb:', 'http:')).port);
    const client = connectEventStore(own.url);
    const { events, complete, handler } = collector(5);
    const errors: unknown[] = [];
    await client.append('s', counted(0, 2), 'no_stream');
    const subscription = client.subscribe('s', { onError: (error) => errors.push(error) }, handler);
    await client.ping();

    await own.close();
    await expect(client.ping()).rejects.toThrow(EventStoreUnavailable);
    await expect(client.append('s', counted(2, 1), 1n)).rejects.toThrow(EventStoreUnavailable);

    own = await startEventStore({ dataDir: ownDir, port });
    await retried(() => client.append('s', counted(2, 3), 1n));
    await complete;
    expect(numbers(events)).toEqual([0, 1, 2, 3, 4]);
    expect(errors.length).toBeGreaterThan(0);
    await client.ping();
    await subscription.stop();
    await client.close();
    await own.close();
    await rm(ownDir, { recursive: true });
  });
});

describe('first appends through a connection that breaks', () => {
  /** A way to the engine that loses its first connection once the client has sent much on it. */
  async function breakingOnce(): Promise<{ url: string; close(): void }> {
    let isWhole = false;
    const sockets = new Set<Socket>();
    const proxy = createTcpServer((near) => {
      const far = connectTcp(engine.port, '127.0.0.1');
      for (const socket of [near, far]) sockets.add(socket.on('error', () => socket.destroy()));
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      far.pipe(near);
      if (isWhole) return void near.pipe(far);
      let sentBytes = 0;
      near.on('data', (bytes) => {
        sentBytes += bytes.length;
        if (sentBytes < 20_000) return void far.write(bytes);
        isWhole = true;
        near.destroy();
      });
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { port } = proxy.address() as AddressInfo;
    const close = () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    };
    return { url: `esdb://127.0.0.1:${port}?tls=false`, close };
  }

  it('keeps the order of those that waited for one that failed', async () => {
    const stream = randomUUID();
    await store.append(stream, counted(0, 1), 'no_stream');
    const way = await breakingOnce();
    const client = connectEventStore(way.url);
    try {
      const lost = client.append(randomUUID(), counted(0, 600), 'no_stream');
      const waiting = [
        client.append(stream, counted(1, 600), 0n),
        client.append(stream, counted(601, 1), 600n),
        client.append(stream, counted(602, 1), 601n),
      ];
      const results = Promise.allSettled(waiting);
      await expect(lost).rejects.toThrow(EventStoreUnavailable);
      expect(await results).toEqual(
        [600n, 601n, 602n].map((revision) => ({ status: 'fulfilled', value: { revision } })),
      );
    } finally {
      await client.close();
      way.close();
    }
  });
});

describe('a server that fails oddly', () => {
  it('does not keep the client from appending once it is well', async () => {
    // The client keeps the answer to its first question for good, a failure (gRPC 13, internal) included.
    const odd = createServer().on('stream', (call) => {
      call.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '13' },
        { endStream: true },
      );
    });
    await once(odd.listen(0, '127.0.0.1'), 'listening');
    const { port } = odd.address() as AddressInfo;
    const client = connectEventStore(`esdb://127.0.0.1:${port}?tls=false`);
    await expect(client.append('s', counted(0, 1), 'any')).rejects.toThrow(EventStoreUnavailable);
    odd.close();

    const ownDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
    const own = await startEventStore({ dataDir: ownDir, port });
    await retried(() => client.append('s', counted(0, 1), 'any'));
    await client.close();
    await own.close();
    await rm(ownDir, { recursive: true });
  });
});

async function retried(action: () => Promise<unknown>): Promise<void> {
  for (let left = 50; ; left -= 1) {
    try {
      await action();
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof EventStoreUnavailable)) throw error;
      await sleep(100);
    }
  }
}
