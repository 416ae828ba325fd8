import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { Kafka, logLevel } from 'kafkajs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startEventStore } from '../event-store/event-store.server.js';
import { cutEventStore } from '../event-store/storage/cut-event-store.js';
import { startKafkaBroker } from '../kafka/kafka.server.js';
import { cutLogs, cutOffsets } from '../kafka/storage/cut-broker.js';
import type { Cut } from './cut.js';

let folder: string;
let notices: string[];
const onNotice = (text: string) => notices.push(text);
const dataDir = () => join(folder, 'data');
const copyDir = () => join(folder, 'copy');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-cut-'));
  notices = [];
});
afterEach(() => rm(folder, { recursive: true }));

async function copy(cut: Cut): Promise<void> {
  for (const { path, read } of cut.files) {
    const pieces: Buffer[] = [];
    for await (const piece of read()) pieces.push(piece);
    await mkdir(dirname(join(copyDir(), path)), { recursive: true });
    await writeFile(join(copyDir(), path), Buffer.concat(pieces));
  }
  cut.close();
}

it('has every event that was acknowledged, and ends with a whole one, while others are appended', async () => {
  const store = await startEventStore({ dataDir: dataDir(), onNotice });
  const client = EventStoreDBClient.connectionString(store.url);
  let acknowledged = 0;
  const append = async () => {
    await client.appendToStream('s', jsonEvent({ type: 't', data: { text: 'x'.repeat(5_000) } }));
    acknowledged += 1;
  };
  await append();
  const load = Array.from({ length: 200 }, append);
  await Promise.race(load);
  const known = acknowledged;
  const cut = cutEventStore(dataDir());
  await Promise.all(load);
  await copy(cut);
  await client.dispose();
  await store.close();

  const copied = await startEventStore({ dataDir: copyDir(), onNotice });
  const reader = EventStoreDBClient.connectionString(copied.url);
  let events = 0;
  for await (const { event } of reader.readStream('s')) events += event === undefined ? 0 : 1;
  expect(events).toBeGreaterThanOrEqual(known);
  expect(notices).toEqual([]);
  await reader.dispose();
  await copied.close();
}, 120_000);

it('has every message that was acknowledged, and how far a group had come, while others are sent', async () => {
  const options = { onNotice, segmentBytes: 20_000 };
  const broker = await startKafkaBroker({ dataDir: dataDir(), ...options });
  const kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] });
  let acknowledged = 0;
  const send = async () => {
    await producer.send({ topic: 't', messages: [{ value: 'x'.repeat(5_000) }] });
    acknowledged += 1;
  };
  await send();
  await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 0, offset: '1' }] });
  const offsets = cutOffsets(dataDir());
  await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 0, offset: '0' }] });
  const load = Array.from({ length: 100 }, send);
  await Promise.race(load);
  const known = acknowledged;
  const logs = cutLogs(dataDir());
  await Promise.all(load);
  // What is deleted before it is copied is copied all the same.
  await admin.deleteTopics({ topics: ['t'] });
  await copy(offsets);
  await copy(logs);
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await broker.close();

  const copied = await startKafkaBroker({ dataDir: copyDir(), ...options });
  const reader = new Kafka({ brokers: copied.brokers, logLevel: logLevel.NOTHING }).admin();
  await reader.connect();
  const [log] = await reader.fetchTopicOffsets('t');
  expect(Number(log?.high)).toBeGreaterThanOrEqual(known);
  const [group] = await reader.fetchOffsets({ groupId: 'g', topics: ['t'] });
  expect(group?.partitions).toEqual([expect.objectContaining({ offset: '1' })]);
  expect(notices).toEqual([]);
  await reader.disconnect();
  await copied.close();
}, 120_000);

it('says that nothing runs where nothing does', async () => {
  await mkdir(dataDir());
  expect(() => cutEventStore(dataDir())).toThrow('no event store runs over this folder');
  expect(() => cutOffsets(dataDir())).toThrow('no broker runs over this folder');
});
