import { jest } from '@jest/globals';
import { limits } from './limits.js';
import { TestBroker, until } from './testing/broker.fixture.spec.js';
import { RawClient } from './testing/raw-client.fixture.spec.js';
import * as clusterApi from './wire/cluster.api.js';
import * as dataApi from './wire/data.api.js';
import { errors } from './wire/errors.js';
import * as groupApi from './wire/group.api.js';

describe('the embedded broker', () => {
  let broker: TestBroker;
  beforeAll(async () => (broker = await TestBroker.start()));
  afterAll(() => broker.stop());

  it('creates no topic by itself', async () => {
    const client = broker.client();
    const producer = client.producer({ allowAutoTopicCreation: true, retry: { retries: 0 } });
    await broker.connect(producer);
    const sent = producer.send({ topic: 'nowhere', messages: [{ value: 'v' }] });
    await expect(sent).rejects.toThrow('does not host this topic-partition');
    const admin = await broker.connect(client.admin());
    expect(await admin.listTopics()).not.toContain('nowhere');
  });

  it('refuses transactions', async () => {
    const options = { transactionalId: 'tx', maxInFlightRequests: 1, retry: { retries: 0 } };
    const producer = await broker.connect(broker.client().producer(options));
    await expect(producer.transaction()).rejects.toThrow('Failed to find group coordinator');
  });

  it('has one node at least, and no more than its limit', async () => {
    for (const nodes of [0, 17, NaN])
      await expect(TestBroker.start({ nodes })).rejects.toThrow('1 to 16 nodes');
  });
});

it('cuts off who leaves a request half sent, who asks nothing at first, and nobody else', async () => {
  // Only the times at which the broker looks, and what it takes them for.
  const others = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] as const;
  jest.useFakeTimers({
    now: Date.now(),
    doNotFake: [...others, 'clearImmediate', 'setTimeout', 'clearTimeout'],
  });
  const broker = await TestBroker.start();
  try {
    const connect = () => RawClient.connect(broker.port);
    const [idle, half, silent] = [await connect(), await connect(), await connect()];
    for (const client of [idle, half]) await client.request(clusterApi.apiVersions, 0, {});
    silent.write(Buffer.of(0, 0, 0));
    half.write(Buffer.of(0, 0, 0, 20, 0));
    let looks = 0;
    await until(() => {
      looks += 1;
      jest.advanceTimersByTime(limits.arrivalCheckMs);
      return broker.notices.length > 1;
    });
    await Promise.all([half.closed, silent.closed]);
    expect(broker.notices).toEqual([
      expect.stringContaining('it sent no whole request in its first 10 s'),
      expect.stringContaining('a request that is not complete after 60 s'),
    ]);
    expect(looks).toBeGreaterThanOrEqual(limits.arrivalMs / limits.arrivalCheckMs);
    expect((await idle.request(clusterApi.apiVersions, 0, {})).errorCode).toBe(errors.NONE);
    idle.destroy();
  } finally {
    jest.useRealTimers();
    await broker.stop();
  }
});

describe('three nodes', () => {
  const TOPIC = 'spread';
  let broker: TestBroker;
  let clients: RawClient[];

  beforeAll(async () => {
    broker = await TestBroker.start({ nodes: 3 });
    await broker.createTopic(TOPIC, 6);
    clients = await Promise.all(broker.ports.map((port) => RawClient.connect(port)));
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await broker.stop();
  });

  const leaders = async (topic: string) => {
    const { topics } = await asked(0).request(clusterApi.metadata, 8, {
      topics: [topic],
      allowAutoTopicCreation: false,
      includeClusterOperations: false,
      includeTopicOperations: false,
    });
    return (topics[0]?.partitions ?? []).map(({ leaderId }) => leaderId);
  };
  const asked = (nodeId: number) => clients[nodeId] as RawClient;

  it('are told of by each of them, with partitions and groups spread evenly', async () => {
    const admin = await broker.connect(broker.client().admin());
    const { brokers, controller } = await admin.describeCluster();
    expect(brokers.map(({ nodeId, port }) => [nodeId, port])).toEqual([...broker.ports.entries()]);
    expect(controller).toBe(0);
    expect((await leaders(TOPIC)).toSorted()).toEqual([0, 0, 1, 1, 2, 2]);
    const coordinators = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        asked(index % 3).request(clusterApi.findCoordinator, 2, { key: `group ${index}`, keyType: 0 }),
      ),
    );
    expect(new Set(coordinators.map(({ nodeId }) => nodeId)).size).toBe(3);
  });

  it('send a client on that asks another than the leader', async () => {
    for (const [index, leader] of (await leaders(TOPIC)).entries()) {
      for (const nodeId of [0, 1, 2]) {
        const expected = nodeId === leader ? errors.NONE : errors.NOT_LEADER_OR_FOLLOWER;
        const { topics } = await asked(nodeId).request(dataApi.listOffsets, 1, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ name: TOPIC, partitions: [{ index, leaderEpoch: -1, timestamp: -1 }] }],
        });
        expect(topics[0]?.partitions[0]?.errorCode).toBe(expected);
      }
    }
  });

  it('send a client on that asks another than the coordinator', async () => {
    const groupId = 'somewhere';
    const { nodeId } = await asked(0).request(clusterApi.findCoordinator, 2, { key: groupId, keyType: 0 });
    for (const other of [0, 1, 2]) {
      const expected = other === nodeId ? errors.UNKNOWN_MEMBER_ID : errors.NOT_COORDINATOR;
      const member = { groupId, generationId: 1, memberId: 'm' };
      const answers = await Promise.all([
        asked(other).request(groupApi.heartbeat, 2, member),
        asked(other).request(groupApi.leaveGroup, 2, member),
        asked(other).request(groupApi.syncGroup, 2, { ...member, assignments: [] }),
      ]);
      expect(answers.map(({ errorCode }) => errorCode)).toEqual([expected, expected, expected]);
    }
  });

  it('put partitions where whoever creates them says', async () => {
    const admin = await broker.connect(broker.client().admin());
    const replicaAssignment = [2, 2, 0].map((nodeId, partition) => ({ partition, replicas: [nodeId] }));
    await admin.createTopics({ topics: [{ topic: 'placed', replicaAssignment }] });
    await admin.createPartitions({
      topicPartitions: [{ topic: 'placed', count: 5, assignments: [[1], [2]] }],
    });
    expect(await leaders('placed')).toEqual([2, 2, 0, 1, 2]);
    await broker.restart();
    clients = await Promise.all(broker.ports.map((port) => RawClient.connect(port)));
    expect(await leaders('placed')).toEqual([2, 2, 0, 1, 2]);
  });

  it('are found again by clients after a restart', async () => {
    const producer = await broker.connect(broker.client().producer({ idempotent: true }));
    const consumer = await broker.connect(
      broker
        .client()
        .consumer({ groupId: 'g', maxWaitTimeInMs: 100, heartbeatInterval: 100, sessionTimeout: 1_500 }),
    );
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    const received: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void received.push(String(message.value)) });
    const send = (value: string) =>
      producer.send({
        topic: TOPIC,
        acks: -1,
        messages: [0, 1, 2, 3, 4, 5].map((partition) => ({ value, partition })),
      });
    await send('before');
    await until(() => received.length === 6);
    await broker.restart();
    await send('after');
    await until(() => received.length >= 12);
    expect(received.filter((value) => value === 'after')).toHaveLength(6);
  });
});
