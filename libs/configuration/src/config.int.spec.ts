import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  baseConfig,
  ConfigError,
  configJsonSchema,
  httpUrl,
  integerText,
  loadConfig,
  marketsConfig,
  secretFromFile,
  switchText,
} from './config.js';
import { databaseConfig, kafkaConfig } from './engine-config.js';

const schema = baseConfig.extend({
  DATABASE_URL: secretFromFile('address of the database, with its password'),
  WALLET_URL: httpUrl(),
  WAIT_MS: integerText(1, 60_000).default(5_000),
});
const good = {
  PORT: '8080',
  ISSUER: 'http://identity.test/',
  JWKS_URL: 'http://identity.test/jwks.json',
  DATABASE_URL: 'postgres://florin:hunter2@db/payments',
  WALLET_URL: 'https://wallet.test',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.messages;
    throw error;
  }
}

describe('a whole number written as text', () => {
  const anyNumber = integerText(0, Number.MAX_SAFE_INTEGER);

  it.each(['0', '9007199254740991'])('can be %s, which its sentence allows', (text) => {
    expect(anyNumber.parse(text)).toBe(Number(text));
  });

  it.each(['9007199254740992', '9999999999999999', '90071992547409910', '-1', '1.0', '1e3', ''])(
    'cannot be %j, and says so once',
    (text) => {
      const issues = anyNumber.safeParse(text).error?.issues;
      expect(issues?.map(({ message }) => message)).toEqual([
        'must be a whole number from 0 to 9007199254740991',
      ]);
    },
  );
});

describe('configuration', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'florin-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads the environment, with defaults and numbers', () => {
    expect(loadConfig(schema, good)).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8_080,
      WAIT_MS: 5_000,
      ISSUER: 'http://identity.test',
      DATABASE_URL: good.DATABASE_URL,
    });
  });

  it('says one thing for every missing value, and how to give a secret', () => {
    expect(problemsOf({})).toEqual([
      'PORT: is missing (Port to listen on; 0 takes a free one)',
      'ISSUER: is missing (Issuer that tokens must name in `iss`)',
      'JWKS_URL: is missing (Where the public keys of the issuer are)',
      'DATABASE_URL: is missing; set it or DATABASE_URL_FILE (address of the database, with its password)',
      'WALLET_URL: is missing',
    ]);
  });

  it.each([
    ['PORT', '80800', 'must be a whole number from 0 to 65535'],
    ['PORT', '80.5', 'must be a whole number from 0 to 65535'],
    ['PORT', '0x50', 'must be a whole number from 0 to 65535'],
    ['WALLET_URL', 'ftp://wallet', 'must be an http or https address such as http://127.0.0.1:8080'],
    ['WALLET_URL', 'wallet', 'must be an http or https address such as http://127.0.0.1:8080'],
    ['NODE_ENV', 'prod', 'must be one of development, test, production'],
  ])('refuses %s=%s without repeating it', (name, value, message) => {
    expect(problemsOf({ ...good, [name]: value })).toEqual([`${name}: ${message}`]);
  });

  it('has one form of lists, switches and what services share', () => {
    const shared = z.object({
      ...databaseConfig(4),
      ...kafkaConfig,
      ...marketsConfig('Markets'),
      TEST_MONEY: switchText(),
    });
    const env = { DATABASE_URL: 'postgres://db', KAFKA_BROKERS: 'a:1, b:2', MARKETS: 'it, br' };
    expect(loadConfig(shared, env)).toMatchObject({
      DATABASE_URL: 'postgres://db',
      DATABASE_POOL_SIZE: 10,
      KAFKA_BROKERS: ['a:1', 'b:2'],
      MARKETS: ['it', 'br'],
      TEST_MONEY: false,
    });
    expect(loadConfig(shared, { ...env, TEST_MONEY: 'true' }).TEST_MONEY).toBe(true);
    for (const [name, value, message] of [
      ['DATABASE_URL', 'nonsense', /^DATABASE_URL: must be a PostgreSQL address such as /],
      ['DATABASE_URL', 'mysql://hush@db', /^DATABASE_URL: must be a PostgreSQL address such as /],
      ['DATABASE_URL', 'postgres://hush:hush', /^DATABASE_URL: must be a PostgreSQL address such as /],
      ['KAFKA_BROKERS', 'foo', /^KAFKA_BROKERS: must be host:port such as 127\.0\.0\.1:9092$/],
      ['KAFKA_BROKERS', 'a:1,b:70000', /^KAFKA_BROKERS: must be host:port/],
      ['MARKETS', 'it,zz', /^MARKETS: has what is not a market; there are it, br, in$/],
      ['MARKETS', 'hunter2', /^MARKETS: has what is not a market; there are it, br, in$/],
    ] as const) {
      const load = () => loadConfig(shared, { ...env, [name]: value });
      expect(load).toThrow(message);
      expect(load).not.toThrow(/hush/);
    }
    const socket = 'postgresql:///florin?host=/run/postgresql';
    expect(loadConfig(shared, { ...env, DATABASE_URL: socket }).DATABASE_URL).toBe(socket);
    for (const wrong of [
      { KAFKA_BROKERS: 'a:1,' },
      { MARKETS: 'it,xx' },
      { TEST_MONEY: 'yes' },
      { DATABASE_POOL_SIZE: '3' },
    ]) {
      expect(() => loadConfig(shared, { ...env, ...wrong })).toThrow(ConfigError);
    }
  });

  it('takes an empty variable as missing', () => {
    expect(problemsOf({ ...good, WALLET_URL: '' })).toEqual(['WALLET_URL: is missing']);
  });

  it('reads a secret from the file that the variable names', () => {
    const { DATABASE_URL: _, ...rest } = good;
    const file = join(folder, 'database-url');
    writeFileSync(file, 'postgres://from-a-file\n');
    expect(loadConfig(schema, { ...rest, DATABASE_URL_FILE: file }).DATABASE_URL).toBe(
      'postgres://from-a-file',
    );
  });

  it('refuses a secret that is given twice, and a file that cannot be read', () => {
    const { DATABASE_URL: _, ...rest } = good;
    expect(problemsOf({ ...good, DATABASE_URL_FILE: '/somewhere' })).toEqual([
      'DATABASE_URL: set either DATABASE_URL or DATABASE_URL_FILE, not both',
    ]);
    expect(problemsOf({ ...rest, DATABASE_URL_FILE: join(folder, 'nothing') })).toEqual([
      'DATABASE_URL: the file that DATABASE_URL_FILE names cannot be read (ENOENT)',
    ]);
  });

  it('describes the environment as JSON Schema, the files of secrets too', () => {
    const json = configJsonSchema(schema.extend(databaseConfig()));
    const { properties, required } = json as { properties: Record<string, object>; required: string[] };
    const names = Object.keys(schema.shape).filter((name) => name !== 'FLORIN_PARENT_PIPE');
    expect(Object.keys(properties)).toEqual(
      expect.arrayContaining([...names, 'DATABASE_POOL_SIZE', 'DATABASE_URL_FILE', 'DATABASE_TLS_CA_FILE']),
    );
    expect(properties).not.toHaveProperty('FLORIN_PARENT_PIPE');
    expect(Object.keys(properties).filter((name) => 'writeOnly' in (properties[name] ?? {}))).toEqual([
      'DATABASE_URL',
      'DATABASE_TLS_KEY',
    ]);
    expect(required).toEqual(['PORT', 'ISSUER', 'JWKS_URL', 'WALLET_URL']);
    expect(json['allOf']).toEqual([
      { oneOf: [{ required: ['DATABASE_URL'] }, { required: ['DATABASE_URL_FILE'] }] },
    ]);
    expect(properties).toMatchObject({
      HOST: { default: '127.0.0.1' },
      PORT: { type: 'string', pattern: '^\\d{1,16}$' },
      LOG_LEVEL: { default: 'info' },
      DATABASE_POOL_SIZE: { type: 'string', default: '10', description: expect.any(String) },
      WAIT_MS: { default: '5000' },
    });
    expect(properties['PORT']).not.toHaveProperty('default');
    const shared = configJsonSchema(baseConfig.extend({ ...kafkaConfig, ...marketsConfig('Markets') }));
    for (const property of Object.values(shared['properties'] as object)) {
      expect(property).toHaveProperty('description');
    }
    expect(z.fromJSONSchema({ ...json, allOf: [] })).toBeInstanceOf(z.ZodType);
  });
});
