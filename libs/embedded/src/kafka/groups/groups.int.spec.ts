import { AssignerProtocol, type Consumer, type EachMessagePayload, type Producer } from 'kafkajs';
import { TestBroker, until } from '../testing/broker.fixture.spec.js';
import { RawClient } from '../testing/raw-client.fixture.spec.js';
import * as groupApi from '../wire/group.api.js';

const TOPIC = 'work';
const PARTITIONS = 12;

describe('consumer groups', () => {
  let broker: TestBroker;
  let producer: Producer;

  beforeAll(async () => {
    broker = await TestBroker.start();
    await broker.createTopic(TOPIC, PARTITIONS);
    producer = await broker.connect(broker.client().producer());
  });
  afterAll(() => broker.stop());

  interface Worker {
    readonly consumer: Consumer;
    readonly received: string[];
    partitions: readonly number[];
  }

  async function startWorker(groupId: string): Promise<Worker> {
    const consumer = broker.client(groupId).consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 100,
      maxWaitTimeInMs: 100,
      rebalanceTimeout: 5_000,
    });
    const worker: Worker = { consumer, received: [], partitions: [] };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      worker.partitions = payload.memberAssignment[TOPIC] ?? [];
    });
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    const eachMessage = async ({ message }: EachMessagePayload) =>
      void worker.received.push(String(message.value));
    await consumer.run({ eachMessage, autoCommitThreshold: 1 });
    return worker;
  }

  const send = (from: number, to: number) =>
    producer.send({
      topic: TOPIC,
      messages: Array.from({ length: to - from }, (_, index) => {
        return { value: String(from + index), partition: index % PARTITIONS };
      }),
    });

  /** Every partition is with one of the workers, and none without. */
  const isSpread = (workers: readonly Worker[]) => {
    const all = workers.flatMap(({ partitions }) => partitions).sort((a, b) => a - b);
    const isComplete = all.length === PARTITIONS && all.every((partition, index) => partition === index);
    return isComplete && workers.every(({ partitions }) => partitions.length > 0);
  };

  const numbers = (workers: readonly Worker[]) =>
    [...new Set(workers.flatMap(({ received }) => received.map(Number)))].sort((a, b) => a - b);

  it('splits the partitions among the members, and again when one comes or leaves', async () => {
    const first = await startWorker('splitting');
    await until(() => isSpread([first]));
    const second = await startWorker('splitting');
    await until(() => isSpread([first, second]));
    const third = await startWorker('splitting');
    await until(() => isSpread([first, second, third]));
    await send(0, 100);
    await until(() => numbers([first, second, third]).length === 100);

    await second.consumer.disconnect();
    await until(() => isSpread([first, third]));
    await send(100, 200);
    await until(() => numbers([first, second, third]).length === 200);
    expect(numbers([first, second, third])).toEqual([...Array(200).keys()]);

    const admin = await broker.connect(broker.client().admin());
    const { groups } = await admin.describeGroups(['splitting']);
    expect(groups[0]).toMatchObject({ groupId: 'splitting', state: 'Stable', protocolType: 'consumer' });
    expect(groups[0]?.members).toHaveLength(2);
    await Promise.all([first, third].map(({ consumer }) => consumer.disconnect()));
    expect((await admin.describeGroups(['splitting'])).groups[0]?.state).toBe('Empty');
  });

  it('gives the partitions of a member that died to the others', async () => {
    const living = await startWorker('dying');
    await until(() => isSpread([living]));
    const dying = await RawClient.connect(broker.port);
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics: [TOPIC],
      userData: Buffer.alloc(0),
    });
    const { memberId, generationId } = await dying.request(groupApi.joinGroup, 1, {
      groupId: 'dying',
      memberId: '',
      sessionTimeoutMs: 1_000,
      rebalanceTimeoutMs: 5_000,
      protocolType: 'consumer',
      protocols: [{ name: 'RoundRobinAssigner', metadata }],
    });
    const member = { groupId: 'dying', generationId, memberId };
    const { assignment } = await dying.request(groupApi.syncGroup, 0, { ...member, assignments: [] });
    const assigned = AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[TOPIC];
    expect(assigned).toHaveLength(PARTITIONS / 2);
    await until(() => living.partitions.length === PARTITIONS / 2);
    dying.destroy();
    await until(() => isSpread([living]));
    await living.consumer.disconnect();
  });

  it('goes on from the committed offsets', async () => {
    const before = await startWorker('resuming');
    await until(() => before.received.length > 0);
    const total = (await committed()).total;
    await until(() => before.received.length === total);
    await before.consumer.disconnect();
    await send(1_000, 1_010);
    const after = await startWorker('resuming');
    await until(() => after.received.length >= 10);
    expect(numbers([after])).toEqual(Array.from({ length: 10 }, (_, index) => 1_000 + index));
    await after.consumer.disconnect();
    expect((await committed('resuming')).sum).toBe(total + 10);
  });

  it('lets offsets be reset and read by an admin while nobody is in the group', async () => {
    const admin = await broker.connect(broker.client().admin());
    await admin.setOffsets({ groupId: 'set', topic: TOPIC, partitions: [{ partition: 3, offset: '2' }] });
    const [read] = await admin.fetchOffsets({ groupId: 'set', topics: [TOPIC] });
    expect(read?.partitions.find(({ partition }) => partition === 3)).toMatchObject({ offset: '2' });
    expect(read?.partitions.find(({ partition }) => partition === 4)).toMatchObject({ offset: '-1' });
    const [all] = await admin.fetchOffsets({ groupId: 'set' });
    expect(all).toMatchObject({ topic: TOPIC, partitions: [{ partition: 3, offset: '2' }] });
  });

  async function committed(groupId?: string) {
    const admin = await broker.connect(broker.client().admin());
    const ends = await admin.fetchTopicOffsets(TOPIC);
    const [own] = groupId ? await admin.fetchOffsets({ groupId, topics: [TOPIC] }) : [];
    const total = ends.reduce((sum, { high }) => sum + Number(high), 0);
    return { total, sum: own?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) };
  }
});
