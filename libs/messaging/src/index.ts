export { KafkaBatchServer } from './batch-server.js';
export { toKafkaMessage, type IncomingMessage } from './cloud-event-codec.js';
export { Exclusive, holdLead, keptAlive } from './exclusive.js';
export { inboxMigrationSql, onceOnly, purgeInbox } from './inbox.js';
export { createKafka, type Kafka, type KafkaSettings } from './kafka.js';
export { kafkaSettings, type KafkaConfig } from './kafka-settings.js';
export type { Logger } from './logger.js';
export { OnEvents } from './on-events.js';
export {
  insertOutboxSql,
  outboxColumns,
  outboxMigrationSql,
  writeOutbox,
  type OutboxColumns,
} from './outbox.js';
export { createPublisher, type EventPublisher } from './publisher.js';
export { placesOf, readMessages, type Place, type ReadMessage } from './reader.js';
export {
  openConsumer,
  openOutbox,
  openPublisher,
  transactWithOutbox,
  type Outbox,
  type Transact,
} from './service.js';
export { selectRows, type Sql } from './sql.js';
export {
  ensureTopics,
  RefusedByKafka,
  sentenceOf,
  topicDifferences,
  TopicsCannotBeAltered,
  type TopicSettings,
} from './topics.js';
export { isTransient } from './transient.js';
