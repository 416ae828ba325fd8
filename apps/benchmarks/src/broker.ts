import { createKafka, type Kafka } from '@florin/messaging';
import { randomUUID } from 'node:crypto';
import { withEngine } from './engine-process.js';
import { percentile, timed } from './measure.js';

interface BrokerFigures {
  readonly producedInTens: { readonly atOnce: number; readonly perSecond: number };
  readonly consumed: { readonly messages: number; readonly perSecond: number };
  readonly produceToConsume: { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };
}

const backlog = 300_000;
const partitions = 4;
const value = Buffer.alloc(200, 'x');

/** kafkajs in this process, the broker in one of its own; messages of 200 bytes, acknowledged by all replicas. */
export function benchBroker(say: (line: string) => void): Promise<BrokerFigures> {
  return withEngine('broker', process.env['FLORIN_TEST_KAFKA'], async (address) => {
    const kafka = createKafka({ brokers: address.split(','), clientId: 'florin-bench' });
    const topic = `bench-${randomUUID()}`;
    const admin = kafka.admin();
    await admin.connect();
    try {
      await admin.createTopics({ topics: [topic, `${topic}-paced`].map((name) => newTopic(name)) });
      const producedInTens = await produceInTens(kafka, topic);
      say(`produced in tens, 16 at once: ${producedInTens.perSecond} messages/s`);
      const consumed = await consume(kafka, topic);
      say(`consumed: ${consumed.perSecond} messages/s of ${consumed.messages}`);
      const produceToConsume = await pace(kafka, `${topic}-paced`);
      say(
        `produced to consumed at ${produceToConsume.perSecond}/s: ` +
          `p50 ${produceToConsume.p50Ms} ms, p99 ${produceToConsume.p99Ms} ms`,
      );
      return { producedInTens, consumed, produceToConsume };
    } finally {
      await admin.deleteTopics({ topics: [topic, `${topic}-paced`] });
      await admin.disconnect();
    }
  });
}

const newTopic = (topic: string) => ({ topic, numPartitions: partitions, replicationFactor: 1 });

async function produceInTens(kafka: Kafka, topic: string) {
  const atOnce = 16;
  const sends = 10_000;
  const producer = kafka.producer();
  await producer.connect();
  const send = (index: number, messages: number) =>
    producer.send({
      topic,
      acks: -1,
      messages: Array.from({ length: messages }, () => ({ value, partition: index % partitions })),
    });
  await timed(500, atOnce, (index) => send(index, 10));
  const seconds = await timed(sends, atOnce, (index) => send(index, 10));
  const left = backlog - (sends + 500) * 10;
  await timed(left / 1_000, 4, (index) => send(index, 1_000));
  await producer.disconnect();
  return { atOnce, perSecond: Math.round((sends * 10) / seconds) };
}

/** From the first batch to the last, so that joining the group is not counted. */
async function consume(kafka: Kafka, topic: string) {
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let messages = 0;
  let startedAt = 0;
  const seconds = await new Promise<number>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    const run = consumer.run({
      eachBatch: ({ batch }) => {
        startedAt ||= performance.now();
        messages += batch.messages.length;
        if (messages >= backlog) resolve((performance.now() - startedAt) / 1000);
        return Promise.resolve();
      },
    });
    run.catch(reject);
  });
  await consumer.disconnect();
  return { messages, perSecond: Math.round(messages / seconds) };
}

/** One message at a time at a steady rate, well below what the broker can do. */
async function pace(kafka: Kafka, topic: string) {
  const perSecond = 400;
  const count = 4_000;
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const latenciesMs: number[] = [];
  const all = Promise.withResolvers<void>();
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  await consumer.run({
    eachMessage: ({ message }) => {
      latenciesMs.push(performance.now() - Number(message.value));
      if (latenciesMs.length === count) all.resolve();
      return Promise.resolve();
    },
  });
  await joined;
  const producer = kafka.producer();
  await producer.connect();
  const startedAt = performance.now();
  const sends: Promise<unknown>[] = [];
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, ((performance.now() - startedAt) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const message = { value: String(performance.now()) };
      sends.push(producer.send({ topic, acks: -1, messages: [message] }));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sends);
  await all.promise;
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  // The first second warms up connections and code.
  const measured = latenciesMs.slice(perSecond);
  return { perSecond, p50Ms: percentile(measured, 50), p99Ms: percentile(measured, 99) };
}
