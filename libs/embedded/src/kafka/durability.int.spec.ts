import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Kafka, KafkaMessage, Producer } from 'kafkajs';
import { startKafkaBroker } from './kafka.server.js';
import { DataDirInUse } from '../data-dir-lock.js';
import { recordBatch } from './testing/batch.fixture.spec.js';
import { TestBroker, testClient, until } from './testing/broker.fixture.spec.js';

/** Everything in the topic from its beginning, as a new group reads it. */
async function readAll(kafka: Kafka, topic: string, groupId: string): Promise<KafkaMessage[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const total = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const messages: KafkaMessage[] = [];
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => void messages.push(...batch.messages) });
  await until(() => messages.length >= total);
  await consumer.disconnect();
  return messages;
}

describe('a restart', () => {
  let broker: TestBroker;
  beforeEach(async () => (broker = await TestBroker.start()));
  afterEach(() => broker.stop());

  it('keeps topics, messages and offsets, and a member goes on in its generation', async () => {
    await broker.createTopic('kept', 3);
    const producer = await broker.connect(broker.client().producer({ idempotent: true }));
    const consumer = await broker.connect(
      broker.client().consumer({ groupId: 'g', heartbeatInterval: 100, maxWaitTimeInMs: 100 }),
    );
    await consumer.subscribe({ topic: 'kept', fromBeginning: true });
    const received: string[] = [];
    const joins: number[] = [];
    consumer.on(consumer.events.GROUP_JOIN, () => joins.push(Date.now()));
    await consumer.run({
      eachMessage: async ({ message }) => void received.push(String(message.value)),
      autoCommitThreshold: 1,
    });
    const send = (value: string) => producer.send({ topic: 'kept', acks: -1, messages: [{ value }] });
    await send('before');
    await until(() => received.length === 1);
    await broker.restart();
    await send('after');
    await until(() => received.length === 2);
    expect(received).toEqual(['before', 'after']);
    const admin = await broker.connect(broker.client().admin());
    const { groups } = await admin.describeGroups(['g']);
    expect(groups[0]?.members).toHaveLength(1);
    const messages = await readAll(broker.client(), 'kept', 'another');
    expect(messages.map(({ value }) => String(value)).sort()).toEqual(['after', 'before']);
    expect(broker.notices.filter((notice) => notice.includes('cut'))).toEqual([]);
  });

  it('cuts what an interrupted write left, and says so', async () => {
    await broker.createTopic('torn');
    const producer = await broker.connect(broker.client().producer());
    await producer.send({ topic: 'torn', messages: [{ value: 'whole' }] });
    const folder = join(broker.dataDir, 'logs', 'torn-0');
    const [segment] = await readdir(folder);
    await appendFile(join(folder, segment ?? ''), recordBatch().subarray(0, 50));
    await broker.restart();
    expect(broker.notices).toContainEqual(expect.stringContaining('cut 50 bytes'));
    await producer.send({ topic: 'torn', messages: [{ value: 'next' }] });
    const messages = await readAll(broker.client(), 'torn', 'g');
    expect(messages.map(({ value, offset }) => `${offset} ${String(value)}`)).toEqual(['0 whole', '1 next']);
  });

  it('is refused over a message that is not as it was acknowledged', async () => {
    await broker.createTopic('damaged');
    const producer = await broker.connect(broker.client().producer());
    await producer.send({ topic: 'damaged', messages: [{ value: 'whole' }] });
    const folder = join(broker.dataDir, 'logs', 'damaged-0');
    const [name = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, name));
    const flip = () => writeFile(join(folder, name), bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1));
    await flip();
    for (const _attempt of [1, 2])
      await expect(broker.restart()).rejects.toThrow(`${join(folder, name)} is damaged at byte 0`);
    await flip();
    await broker.restart();
    expect(broker.notices).toEqual([]);
  });

  it.each(['cluster', 'topics', 'groups', 'offsets'])(
    'is refused when the journal of the %s is missing',
    async (name) => {
      await broker.createTopic('kept');
      const producer = await broker.connect(broker.client().producer());
      await producer.send({ topic: 'kept', messages: [{ value: 'whole' }] });
      const path = join(broker.dataDir, `${name}.journal`);
      const aside = `${path}.aside`;
      await broker.restart();
      await rename(path, aside);
      await expect(broker.restart()).rejects.toThrow(`${path} is missing beside its logs`);
      await rename(aside, path);
      await broker.restart();
      if (name === 'topics' || name === 'groups') return;
      await truncate(path, 0);
      if (name === 'cluster') await expect(broker.restart()).rejects.toThrow('has lost its records');
      else
        await broker
          .restart()
          .then(() => expect(broker.notices).toEqual([expect.stringContaining('is empty')]));
    },
  );

  it('keeps what was synced before it was acknowledged', async () => {
    const synced = await TestBroker.start({ sync: true, segmentBytes: 5_000 });
    await synced.createTopic('synced');
    const producer = await synced.connect(synced.client().producer());
    const values = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(values.map((value) => producer.send({ topic: 'synced', messages: [{ value }] })));
    await synced.restart();
    const messages = await readAll(synced.client(), 'synced', 'g');
    expect(messages.map(({ value }) => String(value)).sort()).toEqual([...values].sort());
    await synced.stop();
  });

  it('is refused while another broker serves the folder, which it does not touch', async () => {
    const second = startKafkaBroker({ dataDir: broker.dataDir });
    await expect(second).rejects.toThrow(DataDirInUse);
    await broker.createTopic('still-served');
  });

  it('frees the folder when the port is taken', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-kafka-'));
    await expect(startKafkaBroker({ dataDir, port: broker.port })).rejects.toThrow('EADDRINUSE');
    await (await startKafkaBroker({ dataDir })).close();
    await rm(dataDir, { recursive: true });
  });
});

/** Lets a child process run the sources: TypeScript files import each other by the name of what they are built to. */
const runSources = `
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier.startsWith('.') ? specifier.replace(/\\.js$/, '.ts') : specifier, context),
  });`;

describe('kill -9 under load', () => {
  const ROUNDS = 20;
  const KEYS = 8;
  const PARTITIONS = 4;
  const MAX_DELAY_MS = 50;

  let dataDir: string;
  let child: ChildProcess;
  /** Has loaded its code and waits for its turn, which saves most of the time that a start takes. */
  let next: ChildProcess;
  const notices: string[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-kafka-'));
    next = load();
  });
  afterAll(async () => {
    for (const started of [child, next]) started.removeAllListeners('exit').kill('SIGKILL');
    await rm(dataDir, { recursive: true });
  });

  const load = () =>
    fork(fileURLToPath(new URL('testing/serve.fixture.spec.ts', import.meta.url)), [], {
      env: { ...process.env, NODE_COMPILE_CACHE: join(dataDir, 'compiled') },
      execArgv: [
        '--no-warnings',
        '--experimental-transform-types',
        '--import',
        `data:text/javascript,${encodeURIComponent(runSources)}`,
      ],
    });

  async function start(port = 0): Promise<number> {
    child = next;
    next = load();
    child.send({ dataDir: join(dataDir, 'data'), port });
    return new Promise((resolve, reject) => {
      child.on('message', (message: { port?: number; notice?: string }) => {
        if (message.notice) notices.push(message.notice);
        if (message.port) resolve(message.port);
      });
      child.once('exit', (code) => reject(new Error(`the broker ended with ${code}: ${notices.join('; ')}`)));
    });
  }

  it('loses no acknowledged message, stores none twice, and keeps each key in order', async () => {
    const port = await start();
    const kafka = testClient([`127.0.0.1:${port}`]);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'load', numPartitions: PARTITIONS }] });
    await admin.disconnect();

    // One for each key: kafkajs gives the sequence of a message that it has no answer for to the next one that is sent.
    const producers = Array.from({ length: KEYS }, () =>
      kafka.producer({ idempotent: true, maxInFlightRequests: 1 }),
    );
    await Promise.all(producers.map((producer) => producer.connect()));
    const acknowledged: number[][] = Array.from({ length: KEYS }, () => []);
    let isOver = false;
    const write = async (producer: Producer, key: number) => {
      for (let next = 0; !isOver; next++) {
        const messages = [{ key: String(key), value: `${key}:${next}` }];
        await producer.send({ topic: 'load', acks: -1, messages });
        acknowledged[key]?.push(next);
      }
    };
    const writers = producers.map(write);
    const count = () => acknowledged.reduce((sum, { length }) => sum + length, 0);

    for (let round = 0; round < ROUNDS; round++) {
      const before = count();
      await until(() => count() > before + 25);
      await sleep(Math.random() * MAX_DELAY_MS);
      child.removeAllListeners('exit').kill('SIGKILL');
      await once(child, 'exit');
      await start(port);
    }
    isOver = true;
    await Promise.all(writers);
    await Promise.all(producers.map((producer) => producer.disconnect()));

    const stored = (await readAll(kafka, 'load', 'checker')).map(({ value }) => String(value));
    for (let key = 0; key < KEYS; key++) {
      const ofKey = stored.filter((value) => value.startsWith(`${key}:`));
      expect(ofKey).toEqual(acknowledged[key]?.map((number) => `${key}:${number}`));
    }
  }, 120_000);
});
