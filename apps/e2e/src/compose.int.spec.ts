import { allTopics } from '@florin/contracts';
import { startKafkaBroker } from '@florin/embedded';
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { builtinModules } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { z } from 'zod';
import { checkCompose, readCompose, type Facts } from './compose.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = read('docker-compose.yml');
const compose = readCompose(text);
const dockerfile = read('infra/Dockerfile');
const apps = Object.values(compose.services).filter(({ command }) => command[0]?.startsWith('apps/'));
const services = apps.filter(({ command }) => command.length === 1);
const entries = [...new Set(apps.map(({ command: [entry = ''] }) => entry))];
const jsonSchema = z.object({
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()),
  allOf: z.array(z.object({ oneOf: z.array(z.object({ required: z.array(z.string()) })) })).default([]),
});

let folder: string;
let facts: Facts;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'florin-compose-'));
  await node('infra/secrets.mjs', [folder]);
  const environments = await Promise.all(
    entries.map(async (entry) => {
      const { code, output } = await node(entry, ['config']);
      if (code !== 0) throw new Error(output);
      const { properties, required, allOf } = jsonSchema.parse(JSON.parse(output));
      const oneOf = allOf.map((choice) => choice.oneOf.flatMap((option) => option.required));
      return [entry, { properties, required, oneOf }] as const;
    }),
  );
  facts = {
    environments: new Map(environments),
    secrets: new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
    exists: (path) => existsSync(join(root, path)),
  };
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the repository as the image does, with nothing but `env` around it. */
async function node(script: string, args: string[], env: Record<string, string> = {}) {
  const run = promisify(execFile)(process.execPath, [join(root, script), ...args], { cwd: folder, env });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
}

describe('docker-compose.yml', () => {
  it('agrees with the code', () => {
    expect(checkCompose(compose, facts)).toEqual([]);
  });

  it.each([
    [
      'a variable nobody reads',
      'TEST_MONEY:',
      'TEST_MONY:',
      'TEST_MONY is not in the configuration of apps/wallet/dist/main.js',
    ],
    [
      'a missing variable',
      '      EVENTSTORE_URL: esdb://eventstore:2113?tls=false\n',
      '',
      'neither EVENTSTORE_URL nor',
    ],
    ['a missing address', '      WALLET_URL: http://wallet:8080\n', '', 'gateway: WALLET_URL is not set'],
    [
      'a wrong port',
      'WALLET_URL: http://wallet:8080',
      'WALLET_URL: http://wallet:8081',
      'leads to port 8081 of wallet',
    ],
    [
      'a wrong host',
      'KAFKA_BROKERS: kafka:9092',
      'KAFKA_BROKERS: kafak:9092',
      'leads to kafak, which is no service',
    ],
    [
      'a broker that listens elsewhere',
      'KAFKA_LISTENERS: PLAINTEXT://:9092',
      'KAFKA_LISTENERS: PLAINTEXT://:9093',
      'listens on 9093',
    ],
    [
      'an image that moves',
      'apache/kafka:4.3.1',
      'apache/kafka:latest',
      'kafka: the image apache/kafka:latest is not pinned',
    ],
    [
      'an entry point that is not there',
      '[apps/catalog/dist/main.js]',
      '[apps/catalogue/dist/main.js]',
      'does not exist',
    ],
    [
      'a dependency that is not there',
      'eventstore: { condition',
      'evenstore: { condition',
      'wallet: depends on evenstore',
    ],
    [
      'a wait that never ends',
      'topics: { condition: service_completed_successfully }',
      'topics: { condition: service_healthy }',
      'never happens',
    ],
    [
      'a service that does not wait for its migration',
      '      catalog-migrate: { condition: service_completed_successfully }\n',
      '',
      'catalog: does not wait for catalog-migrate',
    ],
    [
      'topics before Kafka',
      '    depends_on:\n      kafka: { condition: service_healthy }\n',
      '',
      'topics: does not wait for kafka',
    ],
    [
      'an engine whose health nobody knows',
      '    healthcheck:\n      test: [CMD, curl',
      '    x-healthcheck:\n      test: [CMD, curl',
      'eventstore: does not say whether it is healthy',
    ],
    [
      'a secret that is not given',
      '[wallet-database-url, ledger-signing-key, liabilities-secret]',
      '[ledger-signing-key, liabilities-secret]',
      'wallet: is not given the secret wallet-database-url',
    ],
    [
      'a secret that others could read',
      '[catalog-database-url]',
      '[catalog-database-url, signing-key]',
      'catalog: is given the secret signing-key',
    ],
    [
      'a secret that nobody makes',
      'file: .florin/compose/otp-pepper',
      'file: ./pepper',
      'nobody makes the secret otp-pepper',
    ],
    ['a port open to the network', "'127.0.0.1:${", "'${", 'gateway: publishes 8080:8080'],
    [
      'a second port',
      'image: postgres:18.4',
      "image: postgres:18.4\n    ports: ['5432:5432']",
      'postgres: publishes 5432:5432',
    ],
  ])('refuses %s', (_, right, wrong, problem) => {
    expect(text).toContain(right);
    const problems = checkCompose(readCompose(text.replace(right, wrong)), facts);
    expect(problems).toContainEqual(expect.stringContaining(problem));
  });

  it.each(services.map(({ command, environment }) => ({ entry: command[0] ?? '', environment })))(
    'gives $entry values that it starts with',
    async ({ entry, environment }) => {
      const here = Object.entries(environment).map(([name, value]) => [
        name,
        value.replace('/run/secrets', folder),
      ]);
      const given = Object.fromEntries(here) as Record<string, string>;
      expect(await node(entry, ['check'], given)).toEqual({ code: 0, output: expect.any(String) });
    },
  );

  it('has a database and a role for every service that stores', () => {
    const stored = [...facts.secrets].filter(([name]) => name.endsWith('-database-url'));
    const names = /for service in ([\w ]+); do/.exec(read('infra/postgres/init.sh'))?.[1]?.split(' ') ?? [];
    expect(stored.map(([, url]) => new URL(url).pathname).sort()).toEqual(
      names.map((name) => `/${name}`).sort(),
    );
    for (const [name, url] of stored) {
      const { username, password, pathname } = new URL(url);
      expect(`/${username}`).toBe(pathname);
      expect(facts.secrets.get(name.replace('url', 'password'))).toBe(password);
    }
  });
});

describe('the image', () => {
  const shipped = [...dockerfile.matchAll(/\b(?:apps|libs)\/[\w-]+(?=[\s;])/g)].map(([project]) => project);

  it('has the Node that everything is tested on, and pins nothing else', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    expect(dockerfile).toContain(`ARG NODE_VERSION=${dependencies['node']}\n`);
    expect(dockerfile.match(/^FROM (?!base\b).*/gm)).toEqual([
      'FROM node:${NODE_VERSION}-bookworm-slim AS base',
    ]);
  });

  it('holds every entry point', () => {
    const entries = Object.values(compose.services).flatMap(({ build, command }) =>
      build ? [command[0] ?? ''] : [],
    );
    for (const entry of entries) {
      const inside =
        shipped.some((project) => entry.startsWith(`${project}/dist/`)) || dockerfile.includes(`${entry} `);
      expect({ entry, inside, exists: existsSync(join(root, entry)) }).toEqual({
        entry,
        inside: true,
        exists: true,
      });
    }
    expect(dockerfile).toContain('PORT=8080');
  });

  it('holds what its projects import: ours by the same list, and packages of production alone', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')));
    const ours = shipped
      .filter((project) => project.startsWith('libs/'))
      .map((project) => project.replace('libs', '@florin'));
    const there = new Set([...Object.keys(dependencies), ...ours, ...builtinModules]);
    const missing = shipped.flatMap((project) => importsOf(project)).filter((name) => !there.has(name));
    expect(missing).toEqual([]);
  });

  it('runs as nobody in particular, and says whether it is healthy', () => {
    expect(dockerfile.slice(dockerfile.lastIndexOf('FROM'))).toMatch(/USER node\n[^]*HEALTHCHECK/);
  });
});

/** Names of the packages that a project's shipped sources import. */
function importsOf(project: string): string[] {
  return globSync(`${project}/src/**/*.ts`, { cwd: root, exclude: (path) => path.endsWith('.spec.ts') })
    .flatMap((file) => ts.preProcessFile(read(file)).importedFiles.map(({ fileName }) => fileName))
    .filter((specifier) => !specifier.startsWith('.'))
    .map((specifier) => /^(?:node:)?((?:@[^/]+\/)?[^/]+)/.exec(specifier)?.[1] ?? specifier);
}

describe('the steps', () => {
  const topics = 'apps/topics/dist/main.js';

  it('the topics of the code are created, and are left alone the second time', async () => {
    const broker = await startKafkaBroker({ dataDir: join(folder, 'kafka') });
    try {
      for (const _ of ['first', 'second']) {
        const { code, output } = await node(topics, ['apply'], { KAFKA_BROKERS: broker.brokers.join() });
        expect({ code, output }).toEqual({
          code: 0,
          output: expect.stringContaining(`${allTopics().length} topics`),
        });
      }
      expect(await node(topics, ['diff'], { KAFKA_BROKERS: broker.brokers.join() })).toMatchObject({
        code: 0,
      });
    } finally {
      await broker.close();
    }
  });

  it('the topics need to be told the brokers', async () => {
    expect(await node(topics, ['apply'])).toEqual({
      code: 78,
      output: expect.stringContaining('KAFKA_BROKERS'),
    });
  });

  it('secrets are made once', async () => {
    await node('infra/secrets.mjs', [folder]);
    for (const [name, secret] of facts.secrets) expect(readFileSync(join(folder, name), 'utf8')).toBe(secret);
  });

  it.each([
    [200, 0],
    [503, 1],
  ])('the container is healthy when the service answers %i: exit code %i', async (status, code) => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/health/ready' ? status : 404).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect((await node('infra/healthcheck.mjs', [], { PORT: String(port) })).code).toBe(code);
    await new Promise((resolve) => void server.close(resolve));
    expect((await node('infra/healthcheck.mjs', [], { PORT: String(port) })).code).toBe(1);
  });
});
