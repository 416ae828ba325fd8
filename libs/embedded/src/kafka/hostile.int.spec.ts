import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from './limits.js';
import { recordBatch } from './testing/batch.fixture.spec.js';
import { TestBroker, until } from './testing/broker.fixture.spec.js';
import { RawClient } from './testing/raw-client.fixture.spec.js';
import * as clusterApi from './wire/cluster.api.js';
import * as dataApi from './wire/data.api.js';
import { errors } from './wire/errors.js';

const TOPIC = 'raw';

describe('while others are hostile', () => {
  let broker: TestBroker;
  let client: RawClient;
  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.createTopic(TOPIC);
    client = await RawClient.connect(broker.port);
  });
  afterAll(async () => {
    client.destroy();
    await broker.stop();
  });

  const produce = async (records: Buffer) => {
    const request = {
      ...{ transactionalId: null, acks: -1, timeoutMs: 1_000 },
      topics: [{ name: TOPIC, partitions: [{ index: 0, records }] }],
    };
    return (await client.request(dataApi.produce, 8, request)).topics[0]?.partitions[0];
  };
  const fetchFrom = (offset: number, from: RawClient, maxBytes = 50_000_000) =>
    from.request(dataApi.fetch, 4, {
      ...{ replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes, isolationLevel: 0 },
      ...{ sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '' },
      topics: [
        {
          name: TOPIC,
          partitions: [{ index: 0, leaderEpoch: -1, offset, logStartOffset: -1, maxBytes }],
        },
      ],
    });
  const isServed = async () => {
    expect((await client.request(clusterApi.apiVersions, 0, {})).errorCode).toBe(errors.NONE);
    expect((await produce(recordBatch()))?.errorCode).toBe(errors.NONE);
  };
  const length = (bytes: number) => {
    const buffer = Buffer.alloc(4);
    buffer.writeInt32BE(bytes);
    return buffer;
  };
  const open = (count: number) =>
    Promise.all(Array.from({ length: count }, () => RawClient.connect(broker.port)));

  it('random requests of every kind end their connection or are refused, and nothing else', async () => {
    const kinds = (await client.request(clusterApi.apiVersions, 0, {})).apis;
    for (const { key, min, max } of kinds) {
      const hostile = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(broker.port)));
      for (const connection of hostile) {
        const body = randomBytes(randomInt(200));
        const version = randomInt(min, max + 1);
        connection.write(
          Buffer.concat([
            length(10 + body.length),
            request(key, version),
            body,
            length(limits.requestBytes + 1),
          ]),
        );
      }
      for (const connection of hostile) setTimeout(() => connection.destroy(), 100);
      await Promise.all(hostile.map(({ closed }) => closed));
    }
    // What is told otherwise is a fault of our own.
    expect(broker.notices.filter((notice) => !/^connection .* closed: .+/.test(notice))).toEqual([]);
    expect(broker.notices.filter((notice) => notice.includes('a request failed'))).toEqual([]);
    await isServed();
  });

  it('five hundred connections at once, half of them in the midst of a request', async () => {
    const hanging = await open(500);
    for (const [index, connection] of hanging.entries())
      if (index % 2) connection.write(length(1_000 + index));
    await isServed();
    for (const connection of hanging) connection.destroy();
    await Promise.all(hanging.map(({ closed }) => closed));
  });

  it('more connections than are allowed', async () => {
    // In waves that the system's queue of connections can take.
    const hanging: RawClient[] = [];
    while (hanging.length <= limits.connections) hanging.push(...(await open(300)));
    await until(() => broker.notices.some((notice) => notice.includes('a connection was refused')));
    await isServed();
    for (const connection of hanging) connection.destroy();
  });

  it('large requests announced and not sent take no memory', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const hanging = await open(200);
    const start = Buffer.concat([length(limits.requestBytes), request(0, 3)]);
    for (const connection of hanging) connection.write(start);
    await isServed();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024);
    for (const connection of hanging) connection.destroy();
    await Promise.all(hanging.map(({ closed }) => closed));
  });

  it('requests that come byte by byte', async () => {
    const slow = await open(100);
    const bytes = Buffer.concat([length(10), request(18, 0)]);
    for (const byte of bytes) {
      for (const connection of slow) connection.write(Buffer.of(byte));
      await sleep(10);
      await isServed();
    }
    for (const connection of slow) connection.destroy();
  });

  it('readers that ask for much and read nothing', async () => {
    const batch = recordBatch({ values: ['x'.repeat(1_000_000)] });
    const first = Number((await produce(batch))?.baseOffset);
    for (let index = 0; index < 16; index++) await produce(batch);
    const deaf = await open(40);
    for (const connection of deaf) {
      connection.stopReading();
      for (let index = 0; index < 50; index++) void fetchFrom(first, connection);
    }
    await until(() => broker.notices.some((notice) => notice.includes('unread answers')));
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(2 * limits.bufferedBytes);
    const { topics } = await fetchFrom(first, client, 1_000);
    expect(topics[0]?.partitions[0]?.records?.length).toBeGreaterThan(1_000_000);
    await isServed();
    for (const connection of deaf) connection.destroy();
  });
});

/** The header of a request without a client id. */
function request(key: number, version: number): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(key, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(1, 4);
  header.writeInt16BE(-1, 8);
  return header;
}
