import { jest } from '@jest/globals';
import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { DurableMap } from '../storage/durable-map.js';
import { TestBroker } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import { errors } from '../wire/errors.js';
import * as groupApi from '../wire/group.api.js';
import * as topicApi from '../wire/topic.api.js';

describe('administration', () => {
  let broker: TestBroker;
  let admin: Admin;
  beforeAll(async () => {
    broker = await TestBroker.start();
    admin = await broker.connect(broker.client().admin());
  });
  afterAll(() => broker.stop());

  const create = (topic: string, changes = {}) => admin.createTopics({ topics: [{ topic, ...changes }] });
  const metadata = async (topic: string) => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0];

  /** Commits for partition 0 without being a member. The admin's own way waits five seconds. */
  async function commitAlone(groupId: string, topic: string, offset: number): Promise<void> {
    const client = await RawClient.connect(broker.port);
    const { topics } = await client.request(groupApi.offsetCommit, 2, {
      groupId,
      generationId: -1,
      memberId: '',
      retentionTimeMs: -1,
      topics: [{ name: topic, partitions: [{ index: 0, offset, leaderEpoch: -1, metadata: null }] }],
    });
    expect(topics[0]?.partitions).toEqual([{ index: 0, errorCode: 0 }]);
    client.destroy();
  }

  it('describes itself as a cluster of one', async () => {
    const cluster = await admin.describeCluster();
    expect(cluster).toMatchObject({
      brokers: [{ nodeId: 0, host: '127.0.0.1', port: broker.port }],
      controller: 0,
      clusterId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('creates, describes, lists and deletes topics', async () => {
    expect(await create('orders', { numPartitions: 3, replicationFactor: 1 })).toBe(true);
    expect(await create('orders')).toBe(false);
    expect(await create('defaults')).toBe(true);
    expect((await metadata('defaults'))?.partitions).toHaveLength(1);
    expect((await metadata('orders'))?.partitions).toMatchObject(
      [0, 1, 2].map((partitionId) => ({
        partitionId,
        leader: 0,
        replicas: [0],
        isr: [0],
        partitionErrorCode: 0,
      })),
    );
    expect((await admin.listTopics()).sort()).toEqual(['defaults', 'orders']);

    const producer = await broker.connect(broker.client().producer());
    await producer.send({ topic: 'orders', messages: [{ value: 'v', partition: 0 }] });
    await commitAlone('g', 'orders', 1);
    await admin.deleteTopics({ topics: ['orders', 'defaults'] });
    expect(await admin.listTopics()).toEqual([]);

    await create('orders');
    expect(await admin.fetchTopicOffsets('orders')).toMatchObject([{ high: '0' }]);
    expect(await admin.fetchOffsets({ groupId: 'g' })).toEqual([]);
    await admin.deleteTopics({ topics: ['orders'] });
  });

  it.each([
    ['with a name that cannot be one', { topic: 'a b' }, 'operation on an invalid topic'],
    ['with replicas', { topic: 'x', replicationFactor: 2 }, 'Replication-factor is invalid'],
    ['without partitions', { topic: 'x', numPartitions: 0 }, 'Number of partitions is invalid'],
    ['with too many partitions', { topic: 'x', numPartitions: 100_000 }, 'Number of partitions is invalid'],
    [
      'that is compacted',
      { topic: 'x', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      'Configuration is invalid',
    ],
    ['with an unknown setting', { topic: 'x', configEntries: [{ name: 'y', value: '1' }] }, 'is invalid'],
    [
      'on brokers that are not there',
      { topic: 'x', replicaAssignment: [{ partition: 0, replicas: [7] }] },
      'Replica assignment is invalid',
    ],
  ])('refuses a topic %s', async (_, topic, message) => {
    const refusal = await admin.createTopics({ topics: [topic] }).then(
      () => ({ errors: [] }),
      (error: { errors: Array<{ message: string }> }) => error,
    );
    expect(refusal.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message) as string }),
    ]);
    expect(await admin.listTopics()).not.toContain(topic.topic);
  });

  it('tells what is set and what is the default', async () => {
    await create('configured', { configEntries: [{ name: 'retention.ms', value: '3600000' }] });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: 'configured',
          configNames: ['retention.ms', 'cleanup.policy'],
        },
        { type: ConfigResourceTypes.BROKER, name: '0' },
      ],
    });
    expect(resources[0]?.configEntries).toMatchObject([
      { configName: 'retention.ms', configValue: '3600000', isDefault: false, readOnly: false },
      { configName: 'cleanup.policy', configValue: 'delete', isDefault: true, readOnly: true },
    ]);
    expect(resources[1]?.configEntries).toContainEqual(
      expect.objectContaining({ configName: 'auto.create.topics.enable', configValue: 'false' }),
    );
    const unknown = admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'nowhere' }],
    });
    await expect(unknown).rejects.toThrow('does not host this topic-partition');
  });

  it('changes what topics are set to, for good, and nothing else', async () => {
    await create('changing', { configEntries: [{ name: 'retention.ms', value: '3600000' }] });
    const alter = (type: ConfigResourceTypes, name: string, configName: string, value: string) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type, name, configEntries: [{ name: configName, value }] }],
      });
    await alter(ConfigResourceTypes.TOPIC, 'changing', 'retention.bytes', '1000000');
    await broker.restart();
    admin = await broker.connect(broker.client().admin());
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 'changing' }],
    });
    const set = resources[0]?.configEntries.filter(({ isDefault }) => !isDefault);
    expect(set).toMatchObject([{ configName: 'retention.bytes', configValue: '1000000' }]);
    await expect(alter(ConfigResourceTypes.TOPIC, 'changing', 'cleanup.policy', 'compact')).rejects.toThrow(
      'Configuration is invalid',
    );
    await expect(alter(ConfigResourceTypes.BROKER, '0', 'num.partitions', '3')).rejects.toThrow();
    await expect(alter(ConfigResourceTypes.TOPIC, 'nowhere', 'retention.ms', '1')).rejects.toThrow();
  });

  it('changes settings one by one, as newer clients do', async () => {
    await create('stepwise', { configEntries: [{ name: 'retention.ms', value: '3600000' }] });
    const client = await RawClient.connect(broker.port);
    const alter = async (name: string, operation: number, value: string | null) => {
      const { resources } = await client.request(topicApi.incrementalAlterConfigs, 0, {
        resources: [{ type: 2, name: 'stepwise', configs: [{ name, operation, value }] }],
        validateOnly: false,
      });
      return resources[0]?.errorCode;
    };
    expect(await alter('retention.bytes', 0, '5')).toBe(errors.NONE);
    expect(await alter('retention.ms', 1, '')).toBe(errors.NONE);
    expect(await alter('cleanup.policy', 2, 'compact')).toBe(errors.INVALID_CONFIG);
    const { resources } = await client.request(topicApi.describeConfigs, 3, {
      resources: [{ type: 2, name: 'stepwise', configNames: ['retention.ms', 'retention.bytes'] }],
      includeSynonyms: false,
      includeDocumentation: false,
    });
    expect(resources[0]?.configs.map(({ value }) => value)).toEqual(['604800000', '5']);
    client.destroy();
  });

  it('tells whoever changes something that the disk is full, and serves on', async () => {
    await create('stored');
    const client = await RawClient.connect(broker.port);
    await commitAlone('stored', 'stored', 0);
    const full = jest.spyOn(DurableMap.prototype, 'put').mockImplementation(() => {
      throw new Error('ENOSPC: no space left on device');
    });
    const { STORAGE_ERROR } = errors;
    const topic = { name: 'other', partitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const created = await client.request(topicApi.createTopics, 2, {
      ...{ topics: [topic], timeoutMs: 1_000, validateOnly: false },
    });
    expect(created.topics[0]?.errorCode).toBe(STORAGE_ERROR);
    const deleted = await client.request(topicApi.deleteTopics, 1, { names: ['stored'], timeoutMs: 1_000 });
    expect(deleted.topics[0]?.errorCode).toBe(STORAGE_ERROR);
    const grown = await client.request(topicApi.createPartitions, 1, {
      topics: [{ name: 'stored', count: 3, assignments: null }],
      ...{ timeoutMs: 1_000, validateOnly: false },
    });
    expect(grown.topics[0]?.errorCode).toBe(STORAGE_ERROR);
    const altered = await client.request(topicApi.alterConfigs, 0, {
      resources: [{ type: 2, name: 'stored', configs: [{ name: 'retention.ms', value: '1' }] }],
      validateOnly: false,
    });
    expect(altered.resources[0]?.errorCode).toBe(STORAGE_ERROR);
    const forgotten = await client.request(groupApi.deleteGroups, 1, { groups: ['stored'] });
    expect(forgotten.results[0]?.errorCode).toBe(STORAGE_ERROR);
    full.mockRestore();
    expect(broker.notices.filter((notice) => notice.includes('could not be stored: ENOSPC'))).toHaveLength(5);
    expect(await admin.listTopics()).not.toContain('other');
    expect((await metadata('stored'))?.partitions).toHaveLength(1);
    client.destroy();
  });

  it('refuses to move replicas: each stays where it was put', async () => {
    const reassignments = admin.alterPartitionReassignments({
      topics: [{ topic: 'stored', partitionAssignment: [{ partition: 0, replicas: [0] }] }],
    });
    await expect(reassignments).rejects.toThrow('does not support the requested API version');
  });
});
