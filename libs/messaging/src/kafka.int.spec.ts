import { allTopics, cloudEvent, handleLinked, topics, type CloudEvent } from '@florin/contracts';
import { randomUUID } from 'node:crypto';
import { fromKafkaMessage, toKafkaMessage } from './cloud-event-codec.js';
import { createKafka, type Kafka } from './kafka.js';
import { createPublisher } from './publisher.js';
import {
  BrokerOfOurOwn,
  itOnOwnBroker,
  startTestKafka,
  type TestKafka,
} from './testing/kafka.fixture.spec.js';
import { ensureTopics } from './topics.js';
import { isTransient } from './transient.js';

let cluster: TestKafka;
let kafka: Kafka;

beforeAll(async () => {
  cluster = await startTestKafka();
  kafka = createKafka(cluster.settings);
});

afterAll(() => cluster.close());

const people = Array.from({ length: 8 }, () => randomUUID());

function linked(n: number): CloudEvent {
  return cloudEvent(handleLinked, {
    id: randomUUID(),
    source: '/florin/identity',
    time: new Date(1_800_000_000_000 + n).toISOString(),
    data: { personId: people[n % people.length] ?? '', channel: 'web' },
  });
}

/** Everything in a topic, by partition. */
async function consumed(topic: string, count: number): Promise<Map<number, CloudEvent[]>> {
  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  const found = new Map<number, CloudEvent[]>();
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  let total = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      found.set(partition, [...(found.get(partition) ?? []), fromKafkaMessage(message)]);
      total += 1;
      if (total === count) resolve();
      return Promise.resolve();
    },
  });
  await complete;
  await consumer.disconnect();
  return found;
}

describe('ensureTopics', () => {
  it('creates what is missing, and can be run again', async () => {
    await ensureTopics({ ...cluster.settings, topics: allTopics() });
    const admin = kafka.admin();
    await admin.connect();
    const { topics: found } = await admin.fetchTopicMetadata({ topics: allTopics().map(({ name }) => name) });
    await admin.disconnect();
    const partitions = found.map(({ name, partitions: { length } }) => [name, length]);
    expect(Object.fromEntries(partitions)).toEqual(
      Object.fromEntries(allTopics().map(({ name, partitions: count }) => [name, count])),
    );
  });
});

describe('publisher', () => {
  it('keeps the order of each key, over several requests', async () => {
    const publisher = createPublisher(kafka);
    // More than one request's worth of bytes.
    const events = Array.from({ length: 1_500 }, (_, n) => linked(n));
    await publisher.publish(events.slice(0, 1));
    await publisher.publish(events.slice(1));
    await publisher.disconnect();
    const found = await consumed(topics.people.name, events.length);
    const byKey = Map.groupBy([...found.values()].flat(), ({ partitionkey }) => partitionkey);
    for (const person of people) {
      const expected = events.filter(({ partitionkey }) => partitionkey === person);
      expect(byKey.get(person)).toEqual(expected);
    }
  });

  it('fails for a topic that does not exist, and goes on with others', async () => {
    const publisher = createPublisher(kafka);
    await expect(
      publisher.send([{ topic: 'florin.missing', ...toKafkaMessage(linked(1)) }]),
    ).rejects.toThrow();
    await publisher.send([{ topic: topics.catalog.name, ...toKafkaMessage(linked(1)) }]);
    await publisher.disconnect();
    expect([...(await consumed(topics.catalog.name, 1)).values()].flat()).toHaveLength(1);
  });

  itOnOwnBroker('fails while Kafka is away, and publishes once it is back', async () => {
    const own = await BrokerOfOurOwn.start([topics.people]);
    const publisher = createPublisher(createKafka(own.settings));
    await publisher.publish([linked(1)]);
    await own.goAway();
    const error: unknown = await publisher.publish([linked(2)]).catch((cause: unknown) => cause);
    expect(isTransient(error)).toBe(true);
    await own.comeBack();
    await publisher.publish([linked(3)]);
    await publisher.disconnect();
    await own.close();
  });
});
