import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { TestBroker } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import * as groupApi from '../wire/group.api.js';

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

  it('validates without creating when asked to', async () => {
    const topics = [{ topic: 'only-checked' }];
    expect(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics })).toBe(true);
    expect(await admin.listTopics()).not.toContain('only-checked');
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
    const { errors } = await admin.createTopics({ topics: [topic] }).then(
      () => ({ errors: [] }),
      (error: { errors: Array<{ message: string }> }) => error,
    );
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message) as string }),
    ]);
    expect(await admin.listTopics()).not.toContain(topic.topic);
  });

  it('grows topics, and never shrinks them', async () => {
    await create('growing', { numPartitions: 2 });
    await admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 4 }] });
    expect((await metadata('growing'))?.partitions).toHaveLength(4);
    const shrunk = admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 3 }] });
    await expect(shrunk).rejects.toThrow();
    const producer = await broker.connect(broker.client().producer());
    await producer.send({ topic: 'growing', messages: [{ value: 'v', partition: 3 }] });
    await broker.restart();
    expect((await admin.fetchTopicOffsets('growing')).map(({ high }) => high)).toEqual(['0', '0', '0', '1']);
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

  it('lists, describes and deletes groups that nobody is in', async () => {
    await create('grouped');
    await admin.setOffsets({
      groupId: 'idle',
      topic: 'grouped',
      partitions: [{ partition: 0, offset: '0' }],
    });
    const listed = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    expect(await listed()).toContain('idle');
    const described = await admin.describeGroups(['idle', 'nobody']);
    expect(described.groups.map(({ state }) => state)).toEqual(['Empty', 'Dead']);
    await admin.deleteGroups(['idle']);
    expect(await listed()).not.toContain('idle');
    await expect(admin.deleteGroups(['nobody'])).rejects.toThrow();

    const consumer = await broker.connect(
      broker.client().consumer({ groupId: 'busy', maxWaitTimeInMs: 100 }),
    );
    await consumer.subscribe({ topic: 'grouped' });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await joined;
    await expect(admin.deleteGroups(['busy'])).rejects.toThrow();
    expect(await listed()).toContain('busy');
  });
});
