import { createKafka, createPublisher, type KafkaSettings } from '@florin/messaging';
import { eventually } from '@florin/testing';
import { randomUUID } from 'node:crypto';

/** A message as the broker gave it. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

type Access = Omit<KafkaSettings, 'clientId'>;

const clientId = 'e2e';

/** A consumer of somebody else's making: it knows Kafka and none of our code beyond the client. */
export class TopicReader {
  /** In the order of each partition. */
  readonly messages: TopicMessage[] = [];
  private constructor(readonly close: () => Promise<void>) {}

  /** Reads the topics from their beginning, and goes on until closed. */
  static async open(access: Access, topics: readonly string[]): Promise<TopicReader> {
    const consumer = createKafka({ ...access, clientId }).consumer({ groupId: `e2e-${randomUUID()}` });
    const reader = new TopicReader(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message }) => {
        reader.messages.push({
          topic,
          partition,
          offset: BigInt(message.offset),
          key: String(message.key),
          headers: Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          ),
          value: String(message.value),
        });
        return Promise.resolve();
      },
    });
    return reader;
  }
}

/** Sends messages once more, as a broker does whose consumer died before it committed. */
export async function deliverAgain(access: Access, messages: readonly TopicMessage[]): Promise<void> {
  const publisher = createPublisher(createKafka({ ...access, clientId }));
  await publisher.send(messages);
  await publisher.disconnect();
}

/** Resolves when every service has handled what is in the topics that it reads. */
export async function untilConsumed(access: Access, topics: readonly string[]): Promise<void> {
  const admin = createKafka({ ...access, clientId }).admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const services = groups.map(({ groupId }) => groupId).filter((groupId) => !groupId.startsWith(clientId));
    expect(services).toHaveLength(3);
    await eventually(async () => {
      for (const groupId of services) {
        for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) {
          const read = partitions.filter(({ offset }) => offset !== '-1');
          const ends = await admin.fetchTopicOffsets(topic);
          expect({ groupId, topic, read: read.map(({ offset }) => offset) }).toEqual({
            groupId,
            topic,
            read: read.map(({ partition }) => ends.find((end) => end.partition === partition)?.high),
          });
        }
      }
    }, 60_000);
  } finally {
    await admin.disconnect();
  }
}
