import { makeCertificateAuthority } from '@florin/embedded';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { configJsonSchema, loadConfig } from './config.js';
import { databaseConfig, kafkaConfig, topicsConfig } from './engine-config.js';

const schema = z.object({ ...databaseConfig(), ...kafkaConfig });
const good = { DATABASE_URL: 'postgres://db', KAFKA_BROKERS: 'a:1' };
const authority = makeCertificateAuthority();
const { cert, key } = authority.issue('client');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'florin-engines-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

it('speaks plain text, without a user and without prefixes, unless told', () => {
  expect(loadConfig(schema, good)).toEqual({
    DATABASE_URL: 'postgres://db',
    DATABASE_POOL_SIZE: 10,
    DATABASE_TLS: 'disable',
    DATABASE_STATEMENT_TIMEOUT_MS: 10_000,
    DATABASE_LOCK_TIMEOUT_MS: 5_000,
    KAFKA_BROKERS: ['a:1'],
    KAFKA_SSL: false,
    KAFKA_CLIENT_ID_PREFIX: '',
    KAFKA_GROUP_ID_PREFIX: '',
    KAFKA_TOPIC_PREFIX: '',
  });
});

it('reads certificates, keys and passwords from files', () => {
  const config = loadConfig(schema, {
    ...good,
    DATABASE_TLS: 'verify-full',
    DATABASE_TLS_CA_FILE: file('ca.pem', authority.ca),
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA: authority.ca,
    KAFKA_SSL_CERT_FILE: file('cert.pem', cert),
    KAFKA_SSL_KEY_FILE: file('key.pem', key),
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'florin',
    KAFKA_SASL_PASSWORD_FILE: file('password', 'hush\n'),
  });
  expect(config).toMatchObject({
    DATABASE_TLS_CA: authority.ca.trim(),
    KAFKA_SSL_CA: authority.ca,
    KAFKA_SSL_CERT: cert.trim(),
    KAFKA_SSL_KEY: key.trim(),
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_PASSWORD: 'hush',
  });
});

it.each([
  [{ KAFKA_SSL_CA: authority.ca }, 'KAFKA_SSL_CA: needs KAFKA_SSL=true'],
  [{ KAFKA_SSL: 'true', KAFKA_SSL_CERT: cert }, 'KAFKA_SSL_CERT: needs KAFKA_SSL_KEY'],
  [{ KAFKA_SSL: 'true', KAFKA_SSL_KEY: key }, 'KAFKA_SSL_KEY: needs KAFKA_SSL_CERT'],
  [{ KAFKA_SSL: 'true', KAFKA_SSL_CA: 'hush' }, 'KAFKA_SSL_CA: must be PEM: -----BEGIN …'],
  [{ KAFKA_SASL_USERNAME: 'florin' }, 'KAFKA_SASL_USERNAME: needs KAFKA_SASL_MECHANISM'],
  [{ KAFKA_SASL_PASSWORD: 'hush' }, 'KAFKA_SASL_PASSWORD: needs KAFKA_SASL_MECHANISM'],
  [
    { KAFKA_SASL_MECHANISM: 'plain' },
    'KAFKA_SASL_MECHANISM: needs KAFKA_SASL_USERNAME\nKAFKA_SASL_MECHANISM: needs KAFKA_SASL_PASSWORD',
  ],
  [
    { KAFKA_SASL_MECHANISM: 'gssapi' },
    'KAFKA_SASL_MECHANISM: must be one of plain, scram-sha-256, scram-sha-512',
  ],
  [{ KAFKA_TOPIC_PREFIX: 'a b' }, 'KAFKA_TOPIC_PREFIX: must be 1 to 100 letters, digits'],
  [
    { DATABASE_TLS: 'require', DATABASE_TLS_CA: authority.ca },
    'DATABASE_TLS_CA: needs DATABASE_TLS=verify-ca|verify-full',
  ],
  [
    { DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key },
    'DATABASE_TLS_CERT: needs DATABASE_TLS=require|verify-ca|verify-full',
  ],
  [
    { DATABASE_URL: 'postgres://db/x?sslmode=require' },
    'DATABASE_URL: must not say how TLS is used: DATABASE_TLS does',
  ],
])('stops the start where values do not go together: %#', (more, message) => {
  const load = () => loadConfig(schema, { ...good, ...more });
  expect(load).toThrow(message);
  expect(load).not.toThrow(/hush/);
});

it('refuses, in production, to show a password to the network', () => {
  const signIn = { KAFKA_SASL_USERNAME: 'florin', KAFKA_SASL_PASSWORD: 'hush' };
  const load = (more: Record<string, string>) => () => loadConfig(schema, { ...good, ...signIn, ...more });
  const production = { NODE_ENV: 'production', KAFKA_SASL_MECHANISM: 'PLAIN' };
  expect(load(production)).toThrow(
    'KAFKA_SASL_MECHANISM: needs KAFKA_SSL=true (where NODE_ENV=production and KAFKA_SASL_MECHANISM=plain)',
  );
  expect(load({ ...production, KAFKA_SSL: 'true' })).not.toThrow();
  expect(load({ ...production, KAFKA_SASL_MECHANISM: 'scram-sha-512' })).not.toThrow();
  expect(load({ ...production, NODE_ENV: 'development' })).not.toThrow();
});

it('tells what does not go together with all else that is wrong, once', () => {
  const env = {
    ...good,
    KAFKA_BROKERS: 'nowhere',
    KAFKA_SASL_USERNAME: 'florin',
    KAFKA_SSL: 'yes',
    KAFKA_SSL_CA: authority.ca,
  };
  const messages = [
    'KAFKA_BROKERS: must be host:port such as 127.0.0.1:9092',
    'KAFKA_SSL: must be one of true, false',
    'KAFKA_SASL_USERNAME: needs KAFKA_SASL_MECHANISM',
  ];
  expect(() => loadConfig(schema, env)).toThrow(messages.join('\n'));
});

it('knows how many copies of a partition there can be', () => {
  const env = { KAFKA_BROKERS: 'a:1', KAFKA_REPLICATION_FACTOR: '2' };
  expect(loadConfig(topicsConfig, { ...env, KAFKA_MIN_INSYNC_REPLICAS: '2' })).toMatchObject({
    KAFKA_REPLICATION_FACTOR: 2,
    KAFKA_MIN_INSYNC_REPLICAS: 2,
  });
  expect(() => loadConfig(topicsConfig, { ...env, KAFKA_MIN_INSYNC_REPLICAS: '3' })).toThrow(
    'KAFKA_MIN_INSYNC_REPLICAS: must not be more than KAFKA_REPLICATION_FACTOR',
  );
});

it('describes what needs what', () => {
  const { properties } = configJsonSchema(schema) as { properties: Record<string, object> };
  expect(properties['KAFKA_SSL_CERT']).toMatchObject({
    description: 'Client certificate for the brokers. Needs KAFKA_SSL=true, KAFKA_SSL_KEY',
  });
  expect(properties['DATABASE_POOL_SIZE']).toMatchObject({
    description: 'Connections to the database at most; 2 to 200',
    default: '10',
  });
  expect(properties['KAFKA_SASL_PASSWORD']).toMatchObject({ writeOnly: true });
  expect(properties['KAFKA_SSL_CA']).not.toHaveProperty('needs');
});
