import type { SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './kafka.js';

/** What `kafkaConfig` of configuration reads from the environment. */
export interface KafkaConfig {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_SSL: boolean;
  readonly KAFKA_SSL_CA?: string | undefined;
  readonly KAFKA_SSL_CERT?: string | undefined;
  readonly KAFKA_SSL_KEY?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
  readonly KAFKA_CLIENT_ID_PREFIX: string;
  readonly KAFKA_GROUP_ID_PREFIX: string;
  readonly KAFKA_TOPIC_PREFIX: string;
}

/** The one place where the configuration becomes the settings of a client called `name`. */
export function kafkaSettings(config: KafkaConfig, name: string): KafkaSettings {
  const sasl = saslOf(config);
  return {
    brokers: config.KAFKA_BROKERS,
    clientId: config.KAFKA_CLIENT_ID_PREFIX + name,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    groupIdPrefix: config.KAFKA_GROUP_ID_PREFIX,
    ...(config.KAFKA_SSL && { ssl: tlsOf(config) }),
    ...(sasl && { sasl }),
  };
}

function tlsOf({ KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key }: KafkaConfig) {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function saslOf(config: KafkaConfig): SASLOptions | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism } = config;
  if (mechanism === undefined) return undefined;
  const { KAFKA_SASL_USERNAME: username = '', KAFKA_SASL_PASSWORD: password = '' } = config;
  return { mechanism, username, password };
}
