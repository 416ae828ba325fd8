import { topics } from '@florin/contracts';
import { startKafkaBroker } from '@florin/embedded';
import { ConfigResourceTypes } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka } from './kafka.js';
import { itOnOwnBroker, removeTopics, startTestKafka, type TestKafka } from './testing/kafka.fixture.spec.js';
import { ensureTopics, RefusedByKafka, sentenceOf, topicDifferences, type TopicSettings } from './topics.js';

const run = `test-${randomUUID()}.`;
let kafka: TestKafka;
let number = 0;

beforeAll(async () => (kafka = await startTestKafka([])));

afterAll(async () => {
  await removeTopics(kafka.settings, run);
  await kafka.close();
});

/** Topics that no other test has: each has a prefix of its own. */
function fresh(): TopicSettings & { readonly topicPrefix: string } {
  return {
    ...kafka.settings,
    topicPrefix: `${run}${++number}.`,
    topics: [topics.people, topics.catalog],
  };
}

const differences = async (settings: TopicSettings) => (await topicDifferences(settings)).map(sentenceOf);

it('says what is missing, creates it, and finds nothing more to do', async () => {
  const settings = fresh();
  const missing = [topics.people, topics.catalog].map(
    ({ name }) =>
      `topic ${settings.topicPrefix}${name} is missing: ` +
      'partitions 6, replication.factor 1, retention.ms 604800000, min.insync.replicas 1',
  );
  expect(await differences(settings)).toEqual(missing);
  expect((await ensureTopics(settings)).map(sentenceOf)).toEqual(missing);
  expect(await differences(settings)).toEqual([]);
  expect(await ensureTopics(settings)).toEqual([]);
});

it('makes as many copies as there are brokers, three at most', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-topics-'));
  const cluster = await startKafkaBroker({ dataDir: folder, nodes: 3 });
  try {
    const { topics, topicPrefix } = fresh();
    const settings = { clientId: 'spec', brokers: cluster.brokers, topics, topicPrefix };
    const [created] = (await ensureTopics(settings)).map(sentenceOf);
    expect(created).toContain('replication.factor 3, retention.ms 604800000, min.insync.replicas 2');
    expect(await differences(settings)).toEqual([]);
  } finally {
    await cluster.close();
    await rm(folder, { recursive: true });
  }
});

it('says which topics the brokers refuse, and why', async () => {
  const settings = fresh();
  const wanted = { ...settings, replicationFactor: 3 };
  const refusal = ensureTopics(wanted);
  await expect(refusal).rejects.toThrow(RefusedByKafka);
  await expect(refusal).rejects.toThrow(
    settings.topics
      .map(({ name }) => `topic ${settings.topicPrefix}${name}: `)
      .toSorted()
      .map((topic) => `${topic}Replication-factor is invalid (INVALID_REPLICATION_FACTOR, 38)`)
      .join('\n'),
  );
});

// Another Kafka might make as many.
itOnOwnBroker('says that no topic has so many partitions', async () => {
  const settings = fresh();
  await ensureTopics(settings);
  const grown = { ...settings, topics: [{ ...topics.people, partitions: 100_000 }] };
  await expect(ensureTopics(grown)).rejects.toThrow(
    `topic ${settings.topicPrefix}${topics.people.name}: Number of partitions is invalid (INVALID_PARTITIONS, 37)`,
  );
});

itOnOwnBroker('leaves no connection behind where signing in fails', async () => {
  let opened = 0;
  const gate = createServer((client) => {
    const upstream = connect(portOf(kafka.settings.brokers), '127.0.0.1');
    client.pipe(upstream).pipe(client);
    opened++;
  });
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = gate.address() as AddressInfo;
    const sasl = { mechanism: 'plain', username: 'florin', password: 'password' } as const;
    const refusal = topicDifferences({ ...fresh(), brokers: [`127.0.0.1:${port}`], sasl });
    await expect(refusal).rejects.toThrow(RefusedByKafka);
  } finally {
    // Ends when all connections have.
    gate.close();
    await once(gate, 'close');
  }
  expect(opened).toBeGreaterThan(0);
});

it('grows and alters what is different, and leaves other settings as an operator made them', async () => {
  const settings = fresh();
  const name = `${settings.topicPrefix}${topics.people.name}`;
  await ensureTopics(settings);
  const admin = createKafka(settings).admin();
  await admin.connect();
  const resource = { type: ConfigResourceTypes.TOPIC, name };
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name: 'retention.bytes', value: '1000000' }] }],
  });
  const changed = { ...topics.people, partitions: 8, retentionMs: 3_600_000 };
  const wanted = { ...settings, topics: [changed] };
  expect(await differences(wanted)).toEqual([
    `topic ${name} has partitions 6, defined 8`,
    `topic ${name} has retention.ms 604800000, defined 3600000`,
  ]);
  await ensureTopics(wanted);
  expect(await differences(wanted)).toEqual([]);
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  await admin.disconnect();
  const bytes = resources[0]?.configEntries.find(({ configName }) => configName === 'retention.bytes');
  expect(bytes?.configValue).toBe('1000000');
});

it('refuses to shrink or to move a topic, and alters nothing then', async () => {
  const settings = fresh();
  const name = `${settings.topicPrefix}${topics.people.name}`;
  await ensureTopics({ ...settings, topics: [topics.people] });
  const smaller = { ...topics.people, partitions: 5, retentionMs: 1_000 };
  await expect(ensureTopics({ ...settings, topics: [smaller, topics.catalog] })).rejects.toThrow(
    `topic ${name} has partitions 6, defined 5: a topic cannot shrink`,
  );
  await expect(ensureTopics({ ...settings, topics: [topics.people], replicationFactor: 3 })).rejects.toThrow(
    `topic ${name} has replication.factor 1, defined 3: partitions are moved by kafka-reassign-partitions`,
  );
  const left = await topicDifferences(settings);
  expect(left).toMatchObject([{ topic: `${settings.topicPrefix}${topics.catalog.name}`, what: 'topic' }]);
});

function portOf([broker = '']: readonly string[]): number {
  return Number(broker.split(':')[1]);
}
