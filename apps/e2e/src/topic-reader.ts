import { createKafka } from '@florin/messaging';
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

/** A consumer of somebody else's making: it knows Kafka and none of our code beyond the client. */
export class TopicReader {
  /** In the order of each partition. */
  readonly messages: TopicMessage[] = [];
  private constructor(readonly close: () => Promise<void>) {}

  /** Reads the topics from their beginning, and goes on until closed. */
  static async open(brokers: readonly string[], topics: readonly string[]): Promise<TopicReader> {
    const consumer = createKafka({ brokers, clientId: 'e2e' }).consumer({ groupId: `e2e-${randomUUID()}` });
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
