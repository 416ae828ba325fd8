import { CompressionTypes } from 'kafkajs';
import { Cluster, collect, impatient, type ReadMessage, until } from './cluster.fixture.spec.js';

describe('producing and consuming', () => {
  let cluster: Cluster;
  beforeAll(async () => (cluster = await Cluster.start()));
  afterAll(() => cluster.stop());

  const producer = () => cluster.connect(cluster.client().producer());

  it('gives back key, value, headers and time as they were sent', async () => {
    const topic = await cluster.topic('plain');
    const [sent] = await (
      await producer()
    ).send({
      topic,
      messages: [
        {
          key: 'a',
          value: 'first',
          headers: { trace: 'one', twice: ['x', 'y'] },
          timestamp: String(Date.now()),
        },
        { key: null, value: null },
        { value: 'più €' },
      ],
    });
    expect(sent).toMatchObject({ topicName: topic, partition: 0, errorCode: 0, baseOffset: '0' });
    const [first, second, third] = await cluster.read(topic, 3);
    expect(first).toMatchObject({ offset: '0', key: Buffer.from('a') });
    expect(String(first?.value)).toBe('first');
    expect(first?.headers).toEqual({
      trace: Buffer.from('one'),
      twice: [Buffer.from('x'), Buffer.from('y')],
    });
    expect(second).toMatchObject({ offset: '1', key: null, value: null });
    expect(String(third?.value)).toBe('più €');
  });

  it('keeps gzip batches as they came', async () => {
    const topic = await cluster.topic('gzip');
    const messages = Array.from({ length: 100 }, (_, index) => ({ value: `${index} ${'x'.repeat(500)}` }));
    await (await producer()).send({ topic, messages, compression: CompressionTypes.GZIP });
    const received = await cluster.read(topic, 100);
    expect(received.map(({ value }) => String(value))).toEqual(messages.map(({ value }) => value));
  });

  it('keeps the order of each key, spread over partitions and batches', async () => {
    const topic = await cluster.topic('keyed', 6);
    // Idempotent: a partition of a new topic may not be ready, and what is sent again must not be there twice.
    const keyed = await cluster.connect(cluster.client().producer({ idempotent: true }));
    const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
    for (let round = 0; round < 20; round++) {
      await keyed.send({ topic, messages: keys.map((key) => ({ key, value: String(round) })) });
    }
    const received = await cluster.read(topic, 400);
    expect(new Set(received.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const key of keys) {
      const ofKey = received.filter((message) => String(message.key) === key);
      expect(ofKey.map(({ value }) => Number(value))).toEqual([...Array(20).keys()]);
    }
  });

  it('takes a batch for several topics at once', async () => {
    const topics = await Promise.all(['one', 'two', 'three'].map((purpose) => cluster.topic(purpose, 3)));
    const topicMessages = topics.map((topic) => ({
      topic,
      messages: [0, 1, 2].map((partition) => ({ value: topic, partition })),
    }));
    const sent = await (await producer()).sendBatch({ topicMessages });
    expect(sent).toHaveLength(9);
    const received = await cluster.read(topics, 9);
    expect(received.every(({ topic, value }) => String(value) === topic)).toBe(true);
    // Where a leader was not known yet the client sends again, so that one partition may have a message twice before another has it.
    const admin = await cluster.connect(cluster.client().admin());
    for (const topic of topics) {
      const ends = (await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high));
      expect(ends.map((end) => end > 0)).toEqual([true, true, true]);
    }
  });

  it('gives large messages whatever the fetch asks for, and refuses those beyond the topic’s limit', async () => {
    const topic = await cluster.topic('large', 1, { 'max.message.bytes': '1000000' });
    const large = await producer();
    const value = Buffer.alloc(900_000, 'x');
    for (let index = 0; index < 3; index++) await large.send({ topic, messages: [{ value }] });
    const consumer = await cluster.connect(
      cluster.client().consumer({
        ...{ groupId: cluster.name('large'), maxBytesPerPartition: 1_000, maxBytes: 2_000 },
        ...impatient,
      }),
    );
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: ReadMessage[] = [];
    await collect(consumer, received);
    await until(() => received.length === 3);
    expect(received.map((message) => message.value?.length)).toEqual([900_000, 900_000, 900_000]);
    const tooLarge = large.send({ topic, messages: [{ value: Buffer.alloc(1_010_000) }] });
    await expect(tooLarge).rejects.toThrow('larger than the max message size');
  });

  it('wakes a waiting fetch as soon as a message comes', async () => {
    const topic = await cluster.topic('woken');
    const consumer = await cluster.connect(
      cluster.client().consumer({ ...impatient, groupId: cluster.name('woken'), maxWaitTimeInMs: 4_000 }),
    );
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: ReadMessage[] = [];
    await collect(consumer, received);
    const waking = await producer();
    // Each of these would take the whole wait, were the fetch not woken: too long for a test.
    for (let index = 0; index < 10; index++) {
      await waking.send({ topic, messages: [{ value: String(index) }] });
      await until(() => received.length === index + 1);
    }
    expect(received.map(({ value }) => Number(value))).toEqual([...Array(10).keys()]);
  });

  it('takes messages that want no acknowledgement, and those that want one', async () => {
    const topic = await cluster.topic('acks');
    const sender = await producer();
    for (const acks of [0, 1, -1]) await sender.send({ topic, acks, messages: [{ value: String(acks) }] });
    const received = await cluster.read(topic, 3);
    expect(received.map(({ value }) => Number(value)).sort()).toEqual([-1, 0, 1]);
  });

  it('numbers an idempotent producer’s messages once each', async () => {
    const topic = await cluster.topic('idempotent', 3);
    const idempotent = await cluster.connect(
      cluster.client().producer({ idempotent: true, maxInFlightRequests: 5 }),
    );
    const send = (index: number) =>
      idempotent.send({ topic, acks: -1, messages: [{ key: `k${index}`, value: String(index) }] });
    await Promise.all(Array.from({ length: 100 }, (_, index) => send(index)));
    const received = await cluster.read(topic, 100);
    expect(new Set(received.map(({ value }) => String(value))).size).toBe(100);
  });

  it('lets a consumer pause, seek and go on', async () => {
    const topic = await cluster.topic('sought', 2);
    await (
      await producer()
    ).send({
      topic,
      messages: Array.from({ length: 10 }, (_, index) => ({ value: String(index), partition: 1 })),
    });
    const consumer = await cluster.connect(
      cluster.client().consumer({ ...impatient, groupId: cluster.name('sought') }),
    );
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: ReadMessage[] = [];
    await collect(consumer, received);
    await until(() => received.length === 10);
    consumer.pause([{ topic, partitions: [1] }]);
    expect(consumer.paused()).toEqual([{ topic, partitions: [1] }]);
    consumer.seek({ topic, partition: 1, offset: '7' });
    consumer.resume([{ topic, partitions: [1] }]);
    await until(() => received.length === 13);
    expect(received.slice(10).map(({ value }) => Number(value))).toEqual([7, 8, 9]);
  });
});
