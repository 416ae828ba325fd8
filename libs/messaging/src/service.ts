import type { ClientConfig } from 'pg';
import type { Registry } from 'prom-client';
import type { DataSource, EntityManager } from 'typeorm';
import { KafkaBatchServer, type BatchServerOptions } from './batch-server.js';
import { createKafka } from './kafka.js';
import { kafkaSettings, type KafkaConfig } from './kafka-settings.js';
import type { Logger } from './logger.js';
import { OutboxRelay } from './outbox-relay.js';
import { createPublisher, type EventPublisher } from './publisher.js';

/** What a service gives to have its messages carried; the context of service-host fits. */
export interface MessagingContext {
  /** Names the client to the brokers and is the consumer group. */
  readonly name: string;
  readonly config: KafkaConfig;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly health: Record<'add' | 'inform', (name: string, check: () => Promise<void>) => void>;
  onClose(name: string, close: () => Promise<void>): void;
}

export interface Outbox {
  readonly publisher: EventPublisher;
  /** To be called after a commit that wrote to the outbox; costs nothing, and never fails. */
  readonly wake: () => void;
  /** Rejects while Kafka does not take what the outbox has for it. */
  readonly ping: () => Promise<void>;
}

/** Publishes for as long as the service runs. */
export function openPublisher(context: MessagingContext): EventPublisher {
  const { name, config, logger } = context;
  const publisher = createPublisher(createKafka({ ...kafkaSettings(config, name), logger }));
  context.onClose('publisher', () => publisher.disconnect());
  return publisher;
}

/** Publishes the outbox of the database at `connection` for as long as the service runs. */
export function openOutbox(context: MessagingContext, connection: ClientConfig): Outbox {
  const { logger, metrics } = context;
  const publisher = openPublisher(context);
  const relay = new OutboxRelay({ connection, publisher, logger, metrics });
  relay.start();
  context.onClose('outbox relay', () => relay.stop());
  return { publisher, wake: () => relay.wake(), ping: () => relay.ping() };
}

/** Runs work in one transaction, and has the events that it wrote to the outbox published once it is committed. */
export type Transact = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/**
 * Transactions of a service's database, whose outbox is at `connection` and is published as by `openOutbox`. Readiness
 * tells when Kafka takes nothing, and the service stays ready: its events wait.
 */
export function transactWithOutbox(
  context: MessagingContext,
  connection: ClientConfig,
  database: DataSource,
): Transact {
  const { wake, ping } = openOutbox(context, connection);
  context.health.inform('kafka', ping);
  return async (work) => {
    const result = await database.transaction(work);
    wake();
    return result;
  };
}

/** The consumer of a service, whose readiness is the service's. */
export function openConsumer(
  context: MessagingContext,
  publisher: Pick<EventPublisher, 'send'>,
  options: Pick<BatchServerOptions, 'paceMs' | 'concurrency'>,
): KafkaBatchServer {
  const { name, config, logger, metrics, health } = context;
  const server = new KafkaBatchServer({
    kafka: kafkaSettings(config, name),
    groupId: name,
    publisher,
    logger,
    metrics,
    ...options,
  });
  health.add('kafka', () => server.ping());
  return server;
}
