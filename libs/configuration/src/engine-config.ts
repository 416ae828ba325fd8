import { z } from 'zod';
import {
  commaList,
  integerText,
  oneOf,
  pemFromFile,
  secretFromFile,
  switchText,
  type Need,
} from './config.js';

const databaseUrlForm = 'must be a PostgreSQL address such as postgres://user:password@127.0.0.1:5432/name';

/** What a service with a database of its own reads; `leastPool` connections are what it cannot work without. */
export function databaseConfig(leastPool = 2) {
  return {
    DATABASE_URL: secretFromFile('PostgreSQL connection string')
      .regex(/^postgres(ql)?:\/\//, { error: databaseUrlForm, abort: true })
      .refine((url) => URL.canParse(url), { error: databaseUrlForm, abort: true })
      .refine(
        (url) => !/[?&](ssl|uselibpqcompat)/.test(url),
        'must not say how TLS is used: DATABASE_TLS does',
      ),
    DATABASE_POOL_SIZE: integerText(leastPool, 200)
      .default(10)
      .meta({ description: 'Connections to the database at most' }),
    DATABASE_TLS: oneOf(['disable', 'require', 'verify-ca', 'verify-full']).default('disable').meta({
      description:
        'TLS to the database: none, whatever certificate it shows, one of a known authority, one that names its host too',
    }),
    DATABASE_TLS_CA: pemFromFile(
      'Certificate authorities of the database; those that Node knows unless set',
      {
        needs: [{ name: 'DATABASE_TLS', of: ['verify-ca', 'verify-full'] }],
      },
    ),
    DATABASE_TLS_CERT: pemFromFile('Client certificate for the database', {
      needs: [encrypted, { name: 'DATABASE_TLS_KEY' }],
    }),
    DATABASE_TLS_KEY: pemFromFile('Key of the client certificate', {
      secret: true,
      needs: [encrypted, { name: 'DATABASE_TLS_CERT' }],
    }),
    DATABASE_STATEMENT_TIMEOUT_MS: integerText(100, 600_000)
      .default(10_000)
      .meta({ description: 'The database cancels a statement that takes longer; not one of a migration' }),
    DATABASE_LOCK_TIMEOUT_MS: integerText(10, 600_000)
      .default(5_000)
      .meta({ description: 'The database cancels a statement that waits longer for a lock' }),
  };
}

const encrypted: Need = { name: 'DATABASE_TLS', of: ['require', 'verify-ca', 'verify-full'] };

export type DatabaseConfig = z.output<z.ZodObject<ReturnType<typeof databaseConfig>>>;

const overTls: Need = { name: 'KAFKA_SSL', of: ['true'] };
/** By PLAIN the password itself crosses the network. */
const passwordIsHidden: Need = {
  ...overTls,
  when: { NODE_ENV: 'production', KAFKA_SASL_MECHANISM: 'plain' },
};
/** What the names of topics, groups and clients may consist of. */
const prefix = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, hyphens or underscores')
    .default('')
    .meta({ description: `Put before ${what}, such as "staging."` });

/** Kafka's own name is in capitals: SCRAM-SHA-512. */
const inSmallLetters = (name: unknown) => (typeof name === 'string' ? name.toLowerCase() : name);

/** What a service that reads or writes events reads. */
export const kafkaConfig = {
  KAFKA_BROKERS: commaList(z.string().refine(isHostAndPort, 'must be host:port such as 127.0.0.1:9092')).meta(
    { description: 'host:port of Kafka brokers, separated by commas' },
  ),
  KAFKA_SSL: switchText().meta({ description: 'Whether the brokers are spoken to over TLS' }),
  KAFKA_SSL_CA: pemFromFile('Certificate authorities of the brokers; those that Node knows unless set', {
    needs: [overTls],
  }),
  KAFKA_SSL_CERT: pemFromFile('Client certificate for the brokers', {
    needs: [overTls, { name: 'KAFKA_SSL_KEY' }],
  }),
  KAFKA_SSL_KEY: pemFromFile('Key of the client certificate', {
    secret: true,
    needs: [overTls, { name: 'KAFKA_SSL_CERT' }],
  }),
  KAFKA_SASL_MECHANISM: z
    .preprocess(inSmallLetters, oneOf(['plain', 'scram-sha-256', 'scram-sha-512']))
    .optional()
    .meta({
      description: 'How the client signs in; it does not unless this is set',
      needs: [{ name: 'KAFKA_SASL_USERNAME' }, { name: 'KAFKA_SASL_PASSWORD' }, passwordIsHidden],
    }),
  KAFKA_SASL_USERNAME: z
    .string()
    .optional()
    .meta({ description: 'User that signs in', needs: [{ name: 'KAFKA_SASL_MECHANISM' }] }),
  KAFKA_SASL_PASSWORD: secretFromFile()
    .optional()
    .meta({
      description: 'Password of that user',
      fromFile: true,
      secret: true,
      needs: [{ name: 'KAFKA_SASL_MECHANISM' }],
    }),
  KAFKA_CLIENT_ID_PREFIX: prefix("the client's name"),
  KAFKA_GROUP_ID_PREFIX: prefix('the names of consumer groups'),
  KAFKA_TOPIC_PREFIX: prefix('the names of topics'),
};

function isHostAndPort(text: string): boolean {
  const [, port] = /^[^\s:/@]+:(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535;
}

/** What the step that creates and alters topics reads. */
export const topicsConfig = z
  .object({
    ...kafkaConfig,
    KAFKA_REPLICATION_FACTOR: integerText(1, 10).optional().meta({
      description: 'Copies of each partition; unless set one for each broker, but no more than 3',
    }),
    KAFKA_MIN_INSYNC_REPLICAS: integerText(1, 10).optional().meta({
      description: 'Copies that must have a message before it is acknowledged; all but one unless set',
    }),
    KAFKA_PARTITIONS: integerText(1, 1_000).optional().meta({
      description: 'Partitions of each topic, dead letters apart; as the contracts say unless set',
    }),
  })
  .refine(
    ({ KAFKA_MIN_INSYNC_REPLICAS: least = 1, KAFKA_REPLICATION_FACTOR: copies = 10 }) => least <= copies,
    { path: ['KAFKA_MIN_INSYNC_REPLICAS'], error: 'must not be more than KAFKA_REPLICATION_FACTOR' },
  );
