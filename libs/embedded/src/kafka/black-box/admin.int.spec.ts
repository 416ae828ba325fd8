import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ConfigResourceTypes,
  type Producer,
  ResourcePatternTypes,
} from 'kafkajs';
import { Cluster, collect, impatient, until } from './cluster.fixture.spec.js';

describe('administration', () => {
  let cluster: Cluster;
  let admin: Admin;
  let producer: Producer;
  beforeAll(async () => {
    cluster = await Cluster.start();
    admin = await cluster.connect(cluster.client().admin());
    producer = await cluster.connect(cluster.client().producer());
  });
  afterAll(() => cluster.stop());

  const metadata = async (topic: string) => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0];
  const groups = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  const sendNumbers = (topic: string, count: number, partition = 0) =>
    producer.send({
      topic,
      messages: Array.from({ length: count }, (_, index) => ({ value: String(index), partition })),
    });

  it('describes the cluster', async () => {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    expect(brokers.length).toBeGreaterThan(0);
    expect(brokers.map(({ nodeId }) => nodeId)).toContain(controller);
    expect(clusterId).not.toBe('');
  });

  it('creates, describes, lists and deletes topics', async () => {
    const topic = cluster.name('orders');
    const topics = [{ topic, numPartitions: 3, replicationFactor: 1 }];
    const create = () => admin.createTopics({ waitForLeaders: false, topics });
    expect(await create()).toBe(true);
    await until(async () => (await admin.listTopics()).includes(topic));
    expect(await create()).toBe(false);
    const { partitions = [] } = (await metadata(topic)) ?? {};
    expect(partitions.map(({ partitionId }) => partitionId).toSorted()).toEqual([0, 1, 2]);
    for (const { leader, replicas, isr } of partitions) expect([replicas, isr]).toEqual([[leader], [leader]]);
    expect(await admin.listTopics()).toContain(topic);
    await admin.deleteTopics({ topics: [topic] });
    await until(async () => !(await admin.listTopics()).includes(topic));
    const once = await cluster.connect(cluster.client({ retry: { retries: 0 } }).admin());
    await expect(once.deleteTopics({ topics: [topic] })).rejects.toThrow();
  });

  it('validates without creating when asked to', async () => {
    const topic = cluster.name('only-checked');
    const topics = [{ topic, numPartitions: 1, replicationFactor: 1 }];
    expect(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics })).toBe(true);
    expect(await admin.listTopics()).not.toContain(topic);
  });

  it.each([
    ['with a name that cannot be one', { topic: 'a b' }, 'operation on an invalid topic'],
    ['with more replicas than brokers', { replicationFactor: 100 }, 'Replication-factor is invalid'],
    ['without partitions', { numPartitions: 0 }, 'Number of partitions is'],
    ['with an unknown setting', { configEntries: [{ name: 'y', value: '1' }] }, 'Configuration is invalid'],
  ])('refuses a topic %s', async (_, changes, message) => {
    const topic = { topic: cluster.name('refused'), numPartitions: 1, replicationFactor: 1, ...changes };
    const refusal = await admin.createTopics({ topics: [topic] }).then(
      () => ({ errors: [] }),
      (error: { errors: Array<{ message: string }> }) => error,
    );
    expect(refusal.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message) as string }),
    ]);
    expect(await admin.listTopics()).not.toContain(topic.topic);
  });

  it('refuses a topic that differs from another in dots and underscores alone', async () => {
    const topic = await cluster.topic('same.name');
    const create = (name: string) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic: name, numPartitions: 1, replicationFactor: 1 }],
      });
    const refusal = create(topic.replace('.', '_'));
    await expect(refusal).rejects.toMatchObject({ errors: [{ type: 'INVALID_TOPIC_EXCEPTION' }] });
    expect(await create(topic)).toBe(false);
  });

  it('has a topic on as many brokers as it was created for', async () => {
    const { brokers } = await admin.describeCluster();
    const topic = cluster.name('replicated');
    const topics = [{ topic, numPartitions: 2, replicationFactor: brokers.length }];
    await admin.createTopics({ waitForLeaders: false, topics });
    const nodes = brokers.map(({ nodeId }) => nodeId).toSorted();
    const known = async () => {
      const found = await metadata(topic).catch(() => undefined);
      return found?.partitions.every(({ isr }) => isr.length === nodes.length) ?? false;
    };
    await until(known);
    for (const { leader, replicas, isr } of (await metadata(topic))?.partitions ?? []) {
      expect(replicas[0]).toBe(leader);
      expect(replicas.toSorted()).toEqual(nodes);
      expect(isr.toSorted()).toEqual(nodes);
    }
    await admin.deleteTopics({ topics: [topic] });
  });

  it('takes messages of a topic that wants more replicas in sync than it has', async () => {
    const topic = await cluster.topic('demanding', 1, { 'min.insync.replicas': '2' });
    const send = (acks: number) => producer.send({ topic, acks, messages: [{ value: 'v' }] });
    await send(1);
    expect(await send(-1)).toMatchObject([{ errorCode: 0 }]);
  });

  it('grows topics, and never shrinks them', async () => {
    const topic = await cluster.topic('growing', 2);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await until(async () => (await metadata(topic))?.partitions.length === 4);
    await expect(admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })).rejects.toThrow();
    const grown = await cluster.connect(cluster.client().producer());
    await grown.send({ topic, messages: [{ value: 'v', partition: 3 }] });
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(Object.fromEntries(offsets.map(({ partition, high }) => [partition, high]))).toEqual({
      ...{ 0: '0', 1: '0', 2: '0', 3: '1' },
    });
  });

  it('knows offsets by time, first and last', async () => {
    const topic = await cluster.topic('timed', 2);
    const startMs = Date.now() - 60_000;
    for (const seconds of [1, 2, 3]) {
      const timestamp = String(startMs + seconds * 1_000);
      await producer.send({ topic, messages: [{ value: 'v', partition: 1, timestamp }] });
    }
    const ordered = <T extends { partition: number }>(entries: T[]) =>
      entries.toSorted((a, b) => a.partition - b.partition);
    expect(ordered(await admin.fetchTopicOffsets(topic))).toEqual([
      { partition: 0, offset: '0', high: '0', low: '0' },
      { partition: 1, offset: '3', high: '3', low: '0' },
    ]);
    const at = async (timeMs: number) => ordered(await admin.fetchTopicOffsetsByTimestamp(topic, timeMs));
    expect(await at(startMs + 1_500)).toEqual([
      { partition: 0, offset: '0' },
      { partition: 1, offset: '1' },
    ]);
    expect((await at(startMs + 2_000))[1]).toEqual({ partition: 1, offset: '1' });
    expect((await at(startMs + 60_000))[1]).toEqual({ partition: 1, offset: '3' });
  });

  it('knows offsets by time where the records that come first were deleted', async () => {
    const topic = await cluster.topic('timed-rest');
    const startMs = Date.now() - 60_000;
    const send = (...times: number[]) =>
      producer.send({
        topic,
        messages: times.map((time) => ({ value: 'v', partition: 0, timestamp: String(startMs + time) })),
      });
    await send(100, 50);
    await send(90, 300);
    await send(200);
    const at = async (time: number) =>
      (await admin.fetchTopicOffsetsByTimestamp(topic, startMs + time))[0]?.offset;
    expect(await at(80)).toBe('0');
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
    expect([await at(40), await at(80)]).toEqual(['1', '2']);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    expect([await at(10), await at(250)]).toEqual(['4', '5']);
  });

  it('deletes records up to an offset', async () => {
    const topic = await cluster.topic('emptied');
    await sendNumbers(topic, 10);
    const low = async () => (await admin.fetchTopicOffsets(topic))[0]?.low;
    // An admin has to have heard of a topic before it deletes from it.
    expect(await low()).toBe('0');
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
    expect(await low()).toBe('4');
    const left = await cluster.read(topic, 6);
    expect(left.map(({ value }) => Number(value))).toEqual([4, 5, 6, 7, 8, 9]);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] });
    expect(await low()).toBe('10');
    await expect(
      admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '11' }] }),
    ).rejects.toThrow();
  });

  it('describes and changes settings of topics', async () => {
    const topic = await cluster.topic('configured', 1, { 'retention.ms': '3600000' });
    const settings = async () => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms', 'retention.bytes'] },
        ],
      });
      const entries = resources[0]?.configEntries ?? [];
      return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    };
    expect(await settings()).toMatchObject({ 'retention.ms': '3600000' });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [
            { name: 'retention.ms', value: '7200000' },
            { name: 'retention.bytes', value: '1000000' },
          ],
        },
      ],
    });
    const expected = { 'retention.ms': '7200000', 'retention.bytes': '1000000' };
    await until(async () => JSON.stringify(await settings()).includes('7200000'));
    expect(await settings()).toEqual(expected);
    const { brokers } = await admin.describeCluster();
    const described = await Promise.all(
      brokers.map(({ nodeId }) =>
        admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: ConfigResourceTypes.BROKER, name: String(nodeId) }],
        }),
      ),
    );
    for (const { resources } of described) expect(resources[0]?.configEntries.length).toBeGreaterThan(0);
    const unknown = admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: cluster.name('nowhere') }],
    });
    await expect(unknown).rejects.toThrow();
  });

  it('sets, reads and resets the offsets of groups that nobody is in, and deletes such groups', async () => {
    const topic = await cluster.topic('offsets', 2);
    const [set, reset] = [cluster.name('set'), cluster.name('reset')];
    await sendNumbers(topic, 5);
    const stored = async (groupId: string) => {
      const [read] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const partitions = read?.partitions.toSorted((a, b) => a.partition - b.partition);
      return partitions?.map(({ offset }) => offset);
    };
    expect(await stored(set)).toEqual(['-1', '-1']);
    await Promise.all([
      admin.setOffsets({ groupId: set, topic, partitions: [{ partition: 0, offset: '2' }] }),
      admin.resetOffsets({ groupId: reset, topic, earliest: true }),
    ]);
    expect(await stored(set)).toEqual(['2', '-1']);
    expect(await stored(reset)).toEqual(['-2', '-2']);
    expect(await admin.fetchOffsets({ groupId: set })).toMatchObject([{ topic }]);

    expect(await groups()).toEqual(expect.arrayContaining([set, reset]));
    const described = await admin.describeGroups([set, reset]);
    expect(described.groups.map(({ state }) => state)).toEqual(['Empty', 'Empty']);
    await admin.deleteGroups([set, reset]);
    expect(await groups()).not.toContain(set);
    await expect(admin.deleteGroups([set])).rejects.toThrow();
  });

  it('keeps a group that somebody is in', async () => {
    const topic = await cluster.topic('grouped');
    const busy = cluster.name('busy');
    const consumer = await cluster.connect(cluster.client().consumer({ groupId: busy, ...impatient }));
    await consumer.subscribe({ topic });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await collect(consumer, []);
    await joined;
    await expect(admin.deleteGroups([busy])).rejects.toThrow();
    expect(await groups()).toContain(busy);
  });

  it('refuses access rules where there are none', async () => {
    const principal = { principal: 'User:nobody', host: '*', operation: AclOperationTypes.READ };
    const acl = {
      ...principal,
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'anything',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await expect(admin.createAcls({ acl: [acl] })).rejects.toThrow('Security features are disabled');
    await expect(admin.describeAcls(acl)).rejects.toThrow('Security features are disabled');
    await expect(admin.deleteAcls({ filters: [acl] })).rejects.toThrow('Security features are disabled');
  });
});
