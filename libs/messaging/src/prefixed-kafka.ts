import {
  Kafka,
  type Consumer,
  type ConsumerConfig,
  type KafkaConfig,
  type Producer,
  type ProducerConfig,
} from 'kafkajs';

export interface Prefixes {
  readonly topic: string;
  readonly group: string;
}

/**
 * Several installations on one cluster: topics and groups have prefixes that only the brokers see. Code names them
 * as the contracts do, writing and reading. The admin client is an operator's and has the brokers' names.
 */
export class PrefixedKafka extends Kafka {
  constructor(
    config: KafkaConfig,
    private readonly prefixes: Prefixes,
  ) {
    super(config);
  }

  override producer(config?: ProducerConfig): Producer {
    const producer = super.producer(config);
    const { topic: prefix } = this.prefixes;
    const prefixed = <Named extends { topic: string }>(named: Named): Named => ({
      ...named,
      topic: prefix + named.topic,
    });
    return {
      ...producer,
      send: (record) => producer.send(prefixed(record)),
      sendBatch: ({ topicMessages = [], ...batch }) =>
        producer.sendBatch({ ...batch, topicMessages: topicMessages.map(prefixed) }),
    };
  }

  override consumer(config: ConsumerConfig): Consumer {
    const consumer = super.consumer({ ...config, groupId: this.prefixes.group + config.groupId });
    const { topic: prefix } = this.prefixes;
    const unprefixed = (topic: string) => topic.slice(prefix.length);
    return {
      ...consumer,
      subscribe: (subscription) => {
        const topics = 'topics' in subscription ? subscription.topics : [subscription.topic];
        const named = topics.map((topic) => prefix + String(topic));
        return consumer.subscribe({ fromBeginning: subscription.fromBeginning ?? false, topics: named });
      },
      run: ({ eachBatch, eachMessage, ...rest } = {}) =>
        consumer.run({
          ...rest,
          ...(eachBatch && {
            eachBatch: ({ batch, ...payload }) => {
              const topic = { value: unprefixed(batch.topic), enumerable: true };
              return eachBatch({ ...payload, batch: Object.create(batch, { topic }) as typeof batch });
            },
          }),
          ...(eachMessage && {
            eachMessage: (payload) => eachMessage({ ...payload, topic: unprefixed(payload.topic) }),
          }),
        }),
      commitOffsets: (offsets) =>
        consumer.commitOffsets(offsets.map((offset) => ({ ...offset, topic: prefix + offset.topic }))),
    };
  }
}
