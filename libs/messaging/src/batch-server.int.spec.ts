import { cloudEvent, handleLinked, topics, type CloudEvent, type EventOf } from '@florin/contracts';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { KafkaBatchServer, type BatchServerOptions } from './batch-server.js';
import { toKafkaMessage } from './cloud-event-codec.js';
import { createKafka } from './kafka.js';
import { OnEvents, type BatchContext } from './on-events.js';
import { createPublisher, type EventPublisher } from './publisher.js';
import { BrokerOfOurOwn, ownsBroker, startTestKafka, type TestKafka } from './testing/kafka.fixture.spec.js';

type Linked = EventOf<typeof handleLinked>;
type Handler = (events: Linked[], context: BatchContext) => Promise<void>;

interface Engine {
  readonly kafka: TestKafka;
  readonly publisher: EventPublisher;
  readonly groupId: string;
}

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const apps: INestMicroservice[] = [];
let engine: Engine;

// Topics of its own for each example: they consume the same topic from its beginning.
beforeEach(async () => {
  const kafka = await startTestKafka();
  const publisher = createPublisher(createKafka(kafka.settings));
  engine = { kafka, publisher, groupId: `spec-${randomUUID()}` };
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await engine.publisher.disconnect();
  await engine.kafka.close();
});

function ignore(): void {}

/** Connections that stay open and say nothing, as of a broker that hangs, from `freeze` to `thaw`. */
function freezableConnections() {
  const sockets = new Set<Socket>();
  let frozen = false;
  const onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    if (frozen) socket.pause();
  };
  subscribe('net.client.socket', onSocket);
  return {
    freeze: () => {
      frozen = true;
      sockets.forEach((socket) => socket.pause());
    },
    thaw: () => {
      frozen = false;
      unsubscribe('net.client.socket', onSocket);
      sockets.forEach((socket) => socket.resume());
    },
  };
}

/** An application with one handler, consuming. */
async function consumer(
  handler: Handler,
  options: Partial<BatchServerOptions> = {},
): Promise<{ server: KafkaBatchServer; stop: () => Promise<void> }> {
  @Controller()
  class PeopleConsumer {
    @OnEvents(topics.people.name, [handleLinked])
    async onLinked(events: Linked[], context: BatchContext): Promise<void> {
      await handler(events, context);
    }
  }
  @Module({ controllers: [PeopleConsumer] })
  class ConsumerModule {}

  const server = new KafkaBatchServer({
    kafka: engine.kafka.settings,
    groupId: engine.groupId,
    publisher: engine.publisher,
    logger: silent,
    retry: { firstDelayMs: 10, longestDelayMs: 100 },
    ...options,
  });
  const app = await NestFactory.createMicroservice(ConsumerModule, { strategy: server, logger: false });
  await app.listen();
  apps.push(app);
  await until(() => server.isReady());
  return {
    server,
    stop: async () => {
      apps.splice(apps.indexOf(app), 1);
      await app.close();
    },
  };
}

const people = Array.from({ length: 24 }, () => randomUUID());
let clock = 1_800_000_000_000;

function linked(person: string): CloudEvent {
  clock += 1;
  return cloudEvent(handleLinked, {
    id: randomUUID(),
    source: '/florin/identity',
    time: new Date(clock).toISOString(),
    data: { personId: person, channel: 'web' },
  });
}

async function publish(count: number, person?: string): Promise<CloudEvent[]> {
  const events = Array.from({ length: count }, (_, n) => linked(person ?? people[n % people.length] ?? ''));
  await engine.publisher.publish(events);
  return events;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen');
    await sleep(5);
  }
}

const ids = (events: readonly CloudEvent[]): string[] => events.map(({ id }) => id);

/** First occurrences only, as a consumer with an inbox sees them. */
function once(events: readonly CloudEvent[]): CloudEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

function expectOrderPerKey(found: readonly CloudEvent[], expected: readonly CloudEvent[]): void {
  for (const person of people) {
    const of = (events: readonly CloudEvent[]): string[] =>
      ids(events.filter(({ partitionkey }) => partitionkey === person));
    expect(of(found)).toEqual(of(expected));
  }
}

interface DeadLetter {
  readonly headers: Record<string, string>;
  readonly value: string | undefined;
}

async function deadLetters(count: number): Promise<DeadLetter[]> {
  const kafka = createKafka(engine.kafka.settings);
  const reader = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  const letters: DeadLetter[] = [];
  await reader.connect();
  await reader.subscribe({ topics: [`${topics.people.name}.dlq`], fromBeginning: true });
  await reader.run({
    eachMessage: async ({ message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      letters.push({
        headers: Object.fromEntries(headers) as Record<string, string>,
        value: message.value?.toString(),
      });
      return Promise.resolve();
    },
  });
  await until(() => letters.length >= count);
  await reader.disconnect();
  return letters;
}

describe('KafkaBatchServer', () => {
  it('hands over checked events in batches of one partition, in order per key', async () => {
    const found: CloudEvent[] = [];
    const before = await publish(600);
    const { server } = await consumer(async (events, { topic, partition }) => {
      expect(topic).toBe(topics.people.name);
      expect(partition).toBeLessThan(topics.people.partitions);
      found.push(...events);
      return Promise.resolve();
    });
    const after = await publish(600);
    await until(() => found.length >= 1_200);
    expectOrderPerKey(found, [...before, ...after]);
    await server.ping();
  });

  it('goes on where the last one of the group stopped', async () => {
    const [first, second]: [CloudEvent[], CloudEvent[]] = [[], []];
    const one = await consumer(async (events) => void first.push(...events));
    const before = await publish(30);
    await until(() => first.length === 30);
    await one.stop();
    await expect(one.server.ping()).rejects.toThrow(`consumer ${engine.groupId} is not in its group`);
    const after = await publish(30);
    await consumer(async (events) => void second.push(...events));
    await until(() => second.length === 30);
    expectOrderPerKey(first, before);
    expectOrderPerKey(second, after);
  });

  it('moves a poisonous event to the dead letter with the reason, and handles what is around it', async () => {
    const found: CloudEvent[] = [];
    const metrics = new Registry();
    const person = people[0] ?? '';
    const events = await publish(9, person);
    const poison = events[4];
    await consumer(
      async (batch) => {
        if (batch.some(({ id }) => id === poison?.id)) throw new TypeError('cannot do it');
        found.push(...batch);
        return Promise.resolve();
      },
      { metrics },
    );
    await until(() => found.length === 8);
    expect(ids(found)).toEqual(ids(events.filter((event) => event !== poison)));
    const [letter] = await deadLetters(1);
    expect(letter?.headers).toMatchObject({
      ce_id: poison?.id,
      dlq_topic: topics.people.name,
      dlq_offset: '4',
      dlq_group: engine.groupId,
      dlq_reason: 'handler',
      dlq_error: 'TypeError',
      dlq_message: 'cannot do it',
      dlq_attempts: '5',
    });
    expect(JSON.parse(letter?.value ?? '')).toEqual(poison?.data);
    expect(await metrics.metrics()).toContain(
      `florin_consumer_events_total{topic="florin.identity.people",group="${engine.groupId}",outcome="dead_lettered"} 1`,
    );
  });

  it('moves what it cannot read straight to the dead letter', async () => {
    const found: CloudEvent[] = [];
    const good = linked(people[0] ?? '');
    await engine.publisher.send([
      { topic: topics.people.name, key: people[0] ?? '', value: 'hello', headers: {} },
    ]);
    const unknown = toKafkaMessage({ ...good, type: 'com.florin.person.renamed.v1' });
    await engine.publisher.send([{ topic: topics.people.name, ...unknown }]);
    await engine.publisher.publish([{ ...good, data: { personId: 'Anna' } }, good]);
    await consumer(async (events) => void found.push(...events));
    await until(() => found.length === 1);
    const letters = await deadLetters(3);
    expect(letters.map(({ headers }) => [headers['dlq_reason'], headers['dlq_message']])).toEqual([
      ['malformed', 'the value is not JSON'],
      ['unknown_type', 'no contract of this build names the type'],
      ['contract', 'personId: invalid_format, channel: invalid_value'],
    ]);
    expect(letters[0]?.value).toBe('hello');
  });

  it('waits an outage out: nothing is lost, moved or out of order', async () => {
    const found: CloudEvent[] = [];
    let failures = 0;
    const events = await publish(200);
    await consumer(async (batch) => {
      if (failures < 20) {
        failures += 1;
        throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
      }
      found.push(...batch);
      return Promise.resolve();
    });
    await until(() => found.length === 200);
    expectOrderPerKey(found, events);
  });

  it('delivers again, in order, what was not handled when it stopped', async () => {
    const found: CloudEvent[] = [];
    const person = people[0] ?? '';
    let failures = 0;
    const failing = await consumer(async (batch) => {
      if (found.length >= 10) {
        failures += 1;
        throw Object.assign(new Error('away'), { transient: true });
      }
      found.push(...batch);
      return Promise.resolve();
    });
    const events = await publish(10, person);
    await until(() => found.length === 10);
    events.push(...(await publish(10, person)));
    await until(() => failures > 0);
    await failing.stop();
    const again: CloudEvent[] = [];
    await consumer(async (batch) => void again.push(...batch));
    await until(() => again.length === 10);
    expect([...ids(found), ...ids(again)]).toEqual(ids(events));
  });

  it('shares the partitions within the group, and loses nothing when they move', async () => {
    const found: CloudEvent[] = [];
    let owners = new Set<string>();
    const handlerOf =
      (name: string): Handler =>
      async (events) => {
        owners.add(name);
        found.push(...events);
        return Promise.resolve();
      };
    const published: CloudEvent[] = [];
    const handled = async (count: number): Promise<string[]> => {
      owners = new Set();
      published.push(...(await publish(count)));
      await until(() => once(found).length === published.length);
      return [...owners].sort();
    };
    const a = await consumer(handlerOf('a'));
    expect(await handled(120)).toEqual(['a']);
    await consumer(handlerOf('b'));
    expect(await handled(120)).toEqual(['a', 'b']);
    const moving = handled(120);
    await a.stop();
    await moving;
    expect(await handled(120)).toEqual(['b']);
    expectOrderPerKey(once(found), published);
  });

  if (ownsBroker)
    it('goes on when Kafka comes back', async () => {
      const broker = engine.kafka as BrokerOfOurOwn;
      const found: CloudEvent[] = [];
      const { server } = await consumer(async (events) => void found.push(...events));
      const published = await publish(50);
      await until(() => found.length === 50);
      await broker.goAway();
      await until(() => !server.isReady());
      await expect(server.ping()).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN|^KafkaJS/) });
      await broker.comeBack();
      published.push(...(await publish(50)));
      await until(() => once(found).length === 100);
      expectOrderPerKey(once(found), published);
    });

  it('is not ready while Kafka hangs, says why, and goes on after', async () => {
    const connections = freezableConnections();
    try {
      const found: CloudEvent[] = [];
      const { server } = await consumer(async (events) => void found.push(...events));
      await server.ping();
      connections.freeze();
      await until(() => !server.isReady());
      await expect(server.ping()).rejects.toMatchObject({ code: 'no heartbeat for 6 s' });
      connections.thaw();
      await until(() => server.isReady());
      await server.ping();
      await publish(10);
      await until(() => once(found).length === 10);
    } finally {
      connections.thaw();
    }
  }, 60_000);

  it('refuses to start without handlers', async () => {
    @Module({})
    class EmptyModule {}
    const strategy = new KafkaBatchServer({
      kafka: engine.kafka.settings,
      groupId: 'empty',
      publisher: engine.publisher,
      logger: silent,
    });
    const app = await NestFactory.createMicroservice(EmptyModule, { strategy, logger: false });
    await expect(app.listen()).rejects.toThrow('consumer empty has no handlers');
  });

  it('brings the trace of an event along', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const found: CloudEvent[] = [];
    await engine.publisher.publish([{ ...linked(people[0] ?? ''), traceparent }]);
    await consumer(async (events) => void found.push(...events));
    await until(() => found.length === 1);
    expect(found[0]?.traceparent).toBe(traceparent);
  });
});
