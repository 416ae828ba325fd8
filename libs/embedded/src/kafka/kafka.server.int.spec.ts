import { CompressionTypes, type EachMessagePayload, type KafkaMessage } from 'kafkajs';
import { TestBroker, until } from './testing/broker.fixture.spec.js';

describe('producing and consuming', () => {
  let broker: TestBroker;
  beforeAll(async () => (broker = await TestBroker.start()));
  afterAll(() => broker.stop());

  /** Reads a topic from its beginning until it has as many messages as are asked for. */
  async function consume(topic: string, count: number, groupId = `${topic}-readers`) {
    const consumer = broker.client().consumer({ groupId, maxWaitTimeInMs: 200 });
    const messages: Array<KafkaMessage & { partition: number }> = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message, partition }: EachMessagePayload) => {
        messages.push({ ...message, partition });
        return Promise.resolve();
      },
    });
    await until(() => messages.length >= count);
    await consumer.disconnect();
    return messages;
  }

  it('gives back key, value, headers and time as they were sent', async () => {
    await broker.createTopic('plain');
    const producer = await broker.connect(broker.client().producer());
    const [sent] = await producer.send({
      topic: 'plain',
      messages: [
        {
          key: 'a',
          value: 'first',
          headers: { trace: 'one', twice: ['x', 'y'] },
          timestamp: '1700000000123',
        },
        { key: null, value: null },
        { value: 'più €' },
      ],
    });
    expect(sent).toMatchObject({ topicName: 'plain', partition: 0, errorCode: 0, baseOffset: '0' });
    const [first, second, third] = await consume('plain', 3);
    expect(first).toMatchObject({ offset: '0', timestamp: '1700000000123', key: Buffer.from('a') });
    expect(String(first?.value)).toBe('first');
    expect(first?.headers).toEqual({
      trace: Buffer.from('one'),
      twice: [Buffer.from('x'), Buffer.from('y')],
    });
    expect(second).toMatchObject({ offset: '1', key: null, value: null });
    expect(String(third?.value)).toBe('più €');
  });

  it('keeps gzip batches as they came', async () => {
    await broker.createTopic('gzip');
    const producer = await broker.connect(broker.client().producer());
    const messages = Array.from({ length: 100 }, (_, index) => ({ value: `${index} ${'x'.repeat(500)}` }));
    await producer.send({ topic: 'gzip', messages, compression: CompressionTypes.GZIP });
    const received = await consume('gzip', 100);
    expect(received.map(({ value }) => String(value))).toEqual(messages.map(({ value }) => value));
  });

  it('keeps the order of each key, spread over partitions and batches', async () => {
    await broker.createTopic('keyed', 6);
    const producer = await broker.connect(broker.client().producer());
    const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
    for (let round = 0; round < 20; round++) {
      await producer.send({ topic: 'keyed', messages: keys.map((key) => ({ key, value: String(round) })) });
    }
    const received = await consume('keyed', 400);
    expect(new Set(received.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const key of keys) {
      const values = received
        .filter((message) => String(message.key) === key)
        .map(({ value }) => Number(value));
      expect(values).toEqual([...Array(20).keys()]);
    }
  });

  it('gives large messages, whatever the fetch asks for', async () => {
    await broker.createTopic('large');
    const producer = await broker.connect(broker.client().producer());
    const value = Buffer.alloc(900_000, 'x');
    for (let index = 0; index < 3; index++) await producer.send({ topic: 'large', messages: [{ value }] });
    const consumer = await broker.connect(
      broker.client().consumer({ groupId: 'large', maxBytesPerPartition: 1_000, maxBytes: 2_000 }),
    );
    await consumer.subscribe({ topic: 'large', fromBeginning: true });
    const sizes: Array<number | undefined> = [];
    await consumer.run({ eachMessage: async ({ message }) => void sizes.push(message.value?.length) });
    await until(() => sizes.length === 3);
    expect(sizes).toEqual([900_000, 900_000, 900_000]);
    const tooLarge = producer.send({ topic: 'large', messages: [{ value: Buffer.alloc(1_100_000) }] });
    await expect(tooLarge).rejects.toThrow('larger than the max message size');
  });

  it('wakes a waiting fetch as soon as a message comes', async () => {
    await broker.createTopic('woken');
    const consumer = await broker.connect(
      broker.client().consumer({ groupId: 'woken', maxWaitTimeInMs: 20_000 }),
    );
    await consumer.subscribe({ topic: 'woken', fromBeginning: true });
    const values: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
    const producer = await broker.connect(broker.client().producer());
    // Each of these would take the whole wait, were the fetch not woken.
    for (let index = 0; index < 5; index++) {
      await producer.send({ topic: 'woken', messages: [{ value: String(index) }] });
      await until(() => values.length === index + 1);
    }
    // Ends the last wait, so that the consumer can leave.
    setTimeout(() => void producer.send({ topic: 'woken', messages: [{ value: 'end' }] }), 200);
    await consumer.stop();
    expect(values.slice(0, 5)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('knows offsets by time, first and last', async () => {
    await broker.createTopic('timed', 2);
    const producer = await broker.connect(broker.client().producer());
    for (const timestamp of ['1000', '2000', '3000']) {
      await producer.send({ topic: 'timed', messages: [{ value: 'v', partition: 1, timestamp }] });
    }
    const admin = await broker.connect(broker.client().admin());
    expect(await admin.fetchTopicOffsets('timed')).toEqual([
      { partition: 0, offset: '0', high: '0', low: '0' },
      { partition: 1, offset: '3', high: '3', low: '0' },
    ]);
    expect(await admin.fetchTopicOffsetsByTimestamp('timed', 1_500)).toEqual([
      { partition: 0, offset: '0' },
      { partition: 1, offset: '1' },
    ]);
  });

  it('takes messages that want no acknowledgement', async () => {
    await broker.createTopic('unacknowledged');
    const producer = await broker.connect(broker.client().producer());
    for (let index = 0; index < 10; index++) {
      await producer.send({ topic: 'unacknowledged', acks: 0, messages: [{ value: String(index) }] });
    }
    const received = await consume('unacknowledged', 10);
    expect(received.map(({ value }) => Number(value))).toEqual([...Array(10).keys()]);
  });

  it('numbers an idempotent producer’s messages once each', async () => {
    await broker.createTopic('idempotent', 3);
    const producer = await broker.connect(
      broker.client().producer({ idempotent: true, maxInFlightRequests: 5 }),
    );
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        producer.send({
          topic: 'idempotent',
          acks: -1,
          messages: [{ key: `k${index}`, value: String(index) }],
        }),
      ),
    );
    const received = await consume('idempotent', 100);
    expect(new Set(received.map(({ value }) => String(value))).size).toBe(100);
  });

  it('creates no topic by itself', async () => {
    const client = broker.client();
    const producer = client.producer({ allowAutoTopicCreation: true, retry: { retries: 0 } });
    await broker.connect(producer);
    const sent = producer.send({ topic: 'nowhere', messages: [{ value: 'v' }] });
    await expect(sent).rejects.toThrow('does not host this topic-partition');
    const admin = await broker.connect(client.admin());
    expect(await admin.listTopics()).not.toContain('nowhere');
  });

  it('refuses transactions', async () => {
    const options = { transactionalId: 'tx', maxInFlightRequests: 1, retry: { retries: 0 } };
    const producer = await broker.connect(broker.client().producer(options));
    await expect(producer.transaction()).rejects.toThrow('Failed to find group coordinator');
  });
});
