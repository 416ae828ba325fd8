import type { KafkaSettings } from '@florin/messaging';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** How to get at a Kafka: over TLS and signed in where there is `security`, else in plain text. */
export const kafkaAccessSchema = z.object({
  /** `host:port` */
  brokers: z.array(z.string()),
  security: z.object({ caFile: z.string(), username: z.string(), passwordFile: z.string() }).optional(),
});
export type KafkaAccess = z.infer<typeof kafkaAccessSchema>;

const mechanism = 'scram-sha-512';

/** As the services are told. */
export function kafkaEnvironment({ brokers, security }: KafkaAccess): Record<string, string> {
  return {
    KAFKA_BROKERS: brokers.join(','),
    ...(security && {
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA_FILE: security.caFile,
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: security.username,
      KAFKA_SASL_PASSWORD_FILE: security.passwordFile,
    }),
  };
}

/** As `createKafka` is told; reads the files. */
export function clientSettings({ brokers, security }: KafkaAccess): Omit<KafkaSettings, 'clientId'> {
  if (security === undefined) return { brokers };
  const { caFile, username, passwordFile } = security;
  return {
    brokers,
    ssl: { ca: readFileSync(caFile, 'utf8') },
    sasl: { mechanism, username, password: readFileSync(passwordFile, 'utf8') },
  };
}
