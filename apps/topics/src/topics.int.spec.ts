import { allTopics } from '@florin/contracts';
import { startKafkaBroker, type EmbeddedKafka } from '@florin/embedded';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTopics } from './topics.js';

let dataDir: string;
let broker: EmbeddedKafka;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-topics-'));
  broker = await startKafkaBroker({ dataDir });
});

afterAll(async () => {
  await broker?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function run(args: string[], env: Record<string, string> = {}) {
  let text = '';
  const print = (more: string) => void (text += more);
  const all = { KAFKA_BROKERS: broker.brokers.join(), ...env };
  const code = await runTopics(args, { env: all, out: print, err: print });
  return { code, text };
}

const done = `${allTopics().length} topics are as they are defined\n`;

it('says what is missing, creates it, and says that nothing is', async () => {
  const missing = await run(['diff']);
  expect(missing.code).toBe(1);
  for (const { name } of allTopics()) expect(missing.text).toContain(`topic ${name} is missing: partitions `);
  const created = await run(['apply']);
  expect(created).toEqual({ code: 0, text: expect.stringMatching(/^created florin\..*defined\n$/s) });
  expect(await run(['apply'])).toEqual({ code: 0, text: done });
  expect(await run(['diff'])).toEqual({ code: 0, text: done });
});

it('has prefixes and numbers of its own for another installation', async () => {
  const env = { KAFKA_TOPIC_PREFIX: 'staging.', KAFKA_PARTITIONS: '3' };
  const { code, text } = await run(['apply'], env);
  expect(code).toBe(0);
  expect(text).toContain('created staging.florin.ledger.commands: partitions 3, replication.factor 1');
  expect(text).toContain('created staging.florin.ledger.commands.dlq: partitions 1,');
  const grown = { ...env, KAFKA_PARTITIONS: '4' };
  expect(await run(['diff'], grown)).toEqual({
    code: 1,
    text: expect.stringContaining('staging.florin.ledger.commands has partitions 3, defined 4\n'),
  });
  expect((await run(['apply'], grown)).text).toContain('staging.florin.ledger.commands: partitions 3 -> 4\n');
  expect(await run(['diff'], grown)).toEqual({ code: 0, text: done });
  expect(await run(['apply'], env)).toEqual({
    code: 1,
    text: expect.stringMatching(/has partitions 4, defined 3: a topic cannot shrink\n.*Nothing was changed/s),
  });
});

it('says what Kafka refuses, topic by topic', async () => {
  const env = { KAFKA_TOPIC_PREFIX: 'refused.', KAFKA_REPLICATION_FACTOR: '3' };
  const { code, text } = await run(['apply'], env);
  expect(code).toBe(4);
  for (const { name } of allTopics()) {
    expect(text).toContain(
      `topic refused.${name}: Replication-factor is invalid (INVALID_REPLICATION_FACTOR, 38)\n`,
    );
  }
  const user = {
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'florin',
    KAFKA_SASL_PASSWORD: 'password',
  };
  expect(await run(['diff'], user)).toEqual({ code: 4, text: expect.stringContaining('ILLEGAL_SASL_STATE') });
});

it('guesses why a broker hangs up on whoever does not speak TLS', async () => {
  const rude = createServer((socket) => socket.on('error', () => undefined).end()).listen(0, '127.0.0.1');
  await once(rude, 'listening');
  const { port } = rude.address() as AddressInfo;
  expect(await run(['diff'], { KAFKA_BROKERS: `127.0.0.1:${port}` })).toEqual({
    code: 3,
    text: expect.stringContaining('does it want TLS (KAFKA_SSL) or a user (KAFKA_SASL_…)?'),
  });
  rude.close();
});

it('says how it is used, what is wrong with its configuration, and that Kafka is away', async () => {
  expect(await run(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('npm run topics') });
  expect(JSON.parse((await run(['config'])).text)).toMatchObject({ required: ['KAFKA_BROKERS'] });
  expect(await run([])).toMatchObject({ code: 2 });
  expect(await run(['diff', 'more'])).toEqual({
    code: 2,
    text: expect.stringMatching(/^topics has no "diff more"\.\n\nCompares/),
  });
  expect(await run(['diff'], { KAFKA_BROKERS: '' })).toEqual({
    code: 78,
    text: expect.stringContaining('KAFKA_BROKERS: is missing'),
  });
  expect(await run(['diff'], { KAFKA_SASL_USERNAME: 'florin' })).toEqual({
    code: 78,
    text: 'KAFKA_SASL_USERNAME: needs KAFKA_SASL_MECHANISM\n',
  });
  expect(await run(['diff'], { KAFKA_BROKERS: '127.0.0.1:1' })).toMatchObject({ code: 3 });
});
