import {
  logLevel,
  type Kafka,
  type ISocketFactoryArgs,
  type KafkaConfig,
  type LogEntry,
  type SASLOptions,
} from 'kafkajs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { removeIdleTimers } from './kafka-patch.js';
import type { Logger } from './logger.js';
import { PrefixedKafka } from './prefixed-kafka.js';

export type { Kafka } from 'kafkajs';

export interface KafkaSettings {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  /** Names this process to the brokers. */
  readonly clientId: string;
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SASLOptions;
  /** What the brokers see before the names of topics and consumer groups. */
  readonly topicPrefix?: string;
  readonly groupIdPrefix?: string;
  readonly logger?: Logger;
}

removeIdleTimers();

/** The one place where a Kafka client is made. It connects on first use and never creates topics on the way. */
export function createKafka(settings: KafkaSettings): Kafka {
  const { brokers, clientId, ssl, sasl, logger, topicPrefix = '', groupIdPrefix = '' } = settings;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    // About three seconds in all; whoever calls decides whether to go on.
    retry: { initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_000, retries: 5 },
    socketFactory: openSocket,
    logLevel: logger === undefined ? logLevel.NOTHING : logLevel.WARN,
    logCreator: () => (entry) => {
      if (logger !== undefined) passOn(entry, logger);
    },
  };
  return new PrefixedKafka(config, { topic: topicPrefix, group: groupIdPrefix });
}

/** kafkajs leaves Nagle's algorithm on: a small request behind another waits for the peer's acknowledgement. */
function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  // Undefined without TLS, whatever the type says.
  const tls = ssl as ConnectionOptions | undefined;
  const socket = tls
    ? connectTls({ ...(isIP(host) === 0 && { servername: host }), ...tls, host, port }, onConnect)
    : connectTcp({ host, port }, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
}

/** Every failure that kafkajs logs as an error it also throws or retries, so here they are warnings at most. */
function passOn({ namespace, log }: LogEntry, logger: Logger): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log;
  if (expected.test(message)) logger.debug({ kafka: fields, namespace }, message);
  else logger.warn({ kafka: fields, namespace }, message);
}

/** Rebalances are everyday; a producer whose retries are limited is replaced after a failure (see the publisher). */
const expected = /rebalanc|Limiting retries for the idempotent producer/i;
