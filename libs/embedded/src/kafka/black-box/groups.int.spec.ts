import type { Consumer, EachMessagePayload, Producer } from 'kafkajs';
import { Cluster, impatient, until } from './cluster.fixture.spec.js';

const PARTITIONS = 12;

describe('consumer groups', () => {
  let cluster: Cluster;
  let topic: string;
  let producer: Producer;

  beforeAll(async () => {
    cluster = await Cluster.start();
    topic = await cluster.topic('work', PARTITIONS);
    producer = await cluster.connect(cluster.client().producer());
  });
  afterAll(() => cluster.stop());

  interface Worker {
    readonly consumer: Consumer;
    readonly received: string[];
    partitions: readonly number[];
  }

  async function startWorker(groupId: string): Promise<Worker> {
    const consumer = cluster.client({ clientId: groupId }).consumer({ groupId, ...impatient });
    const worker: Worker = { consumer, received: [], partitions: [] };
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      worker.partitions = payload.memberAssignment[topic] ?? [];
    });
    await consumer.connect();
    await consumer.subscribe({ topic: topic, fromBeginning: true });
    const eachMessage = async ({ message }: EachMessagePayload) =>
      void worker.received.push(String(message.value));
    await consumer.run({ eachMessage, autoCommitThreshold: 1 });
    return worker;
  }

  const send = (from: number, to: number) =>
    producer.send({
      topic: topic,
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
    const splitting = cluster.name('splitting');
    const first = await startWorker(splitting);
    await until(() => isSpread([first]));
    const second = await startWorker(splitting);
    await until(() => isSpread([first, second]));
    const third = await startWorker(splitting);
    await until(() => isSpread([first, second, third]));
    await send(0, 100);
    await until(() => numbers([first, second, third]).length === 100);

    await second.consumer.disconnect();
    await until(() => isSpread([first, third]));
    await send(100, 200);
    await until(() => numbers([first, second, third]).length === 200);
    expect(numbers([first, second, third])).toEqual([...Array(200).keys()]);

    const admin = await cluster.connect(cluster.client().admin());
    const { groups } = await admin.describeGroups([splitting]);
    expect(groups[0]).toMatchObject({ groupId: splitting, state: 'Stable', protocolType: 'consumer' });
    expect(groups[0]?.members).toHaveLength(2);
    await Promise.all([first, third].map(({ consumer }) => consumer.disconnect()));
    expect((await admin.describeGroups([splitting])).groups[0]?.state).toBe('Empty');
  });

  it('goes on from the committed offsets', async () => {
    const resuming = cluster.name('resuming');
    await send(500, 550);
    const { total } = await committed();
    const before = await startWorker(resuming);
    await until(() => before.received.length === total);
    await before.consumer.disconnect();
    await send(1_000, 1_010);
    const after = await startWorker(resuming);
    await until(() => after.received.length >= 10);
    expect(numbers([after])).toEqual(Array.from({ length: 10 }, (_, index) => 1_000 + index));
    await after.consumer.disconnect();
    expect((await committed(resuming)).sum).toBe(total + 10);
  });

  async function committed(groupId?: string) {
    const admin = await cluster.connect(cluster.client().admin());
    const ends = await admin.fetchTopicOffsets(topic);
    const [own] = groupId ? await admin.fetchOffsets({ groupId, topics: [topic] }) : [];
    const total = ends.reduce((sum, { high }) => sum + Number(high), 0);
    return { total, sum: own?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) };
  }
});
