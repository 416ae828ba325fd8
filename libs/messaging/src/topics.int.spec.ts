import { topics } from '@florin/contracts';
import { startKafkaBroker, type EmbeddedKafka } from '@florin/embedded';
import { ConfigResourceTypes } from 'kafkajs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka } from './kafka.js';
import { ensureTopics, sentenceOf, topicDifferences, type TopicSettings } from './topics.js';

let dataDir: string;
let broker: EmbeddedKafka;
let number = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-topics-'));
  broker = await startKafkaBroker({ dataDir });
});

afterAll(async () => {
  await broker?.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Topics that no other test has: each has a prefix of its own. */
function fresh(): TopicSettings {
  return {
    brokers: broker.brokers,
    clientId: 'spec',
    topicPrefix: `test-${++number}.`,
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
