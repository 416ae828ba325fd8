import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTopics, cloudEvent, handleLinked, topics, type CloudEvent } from '@florin/contracts';
import { startKafkaBroker, type EmbeddedKafka } from '@florin/embedded';
import {
  createKafka,
  createPublisher,
  ensureTopics,
  type EventPublisher,
  type Kafka,
} from '@florin/messaging';
import { printEvents } from './events.js';

let dataDir: string;
let broker: EmbeddedKafka;
let kafka: Kafka;
let publisher: EventPublisher;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-events-'));
  broker = await startKafkaBroker({ dataDir });
  const settings = { brokers: broker.brokers, clientId: 'spec' };
  kafka = createKafka(settings);
  publisher = createPublisher(kafka);
  await ensureTopics({ ...settings, topics: allTopics() });
});

afterAll(async () => {
  await publisher.disconnect();
  await broker.close();
  await rm(dataDir, { recursive: true });
});

const { name: topic } = topics.people;
const personId = randomUUID();

function linked(channel: 'web' | 'phone'): CloudEvent {
  const envelope = { id: randomUUID(), source: '/identity', time: '2026-11-21T12:00:00.000Z' };
  return cloudEvent(handleLinked, { ...envelope, data: { personId, channel } });
}

/** Runs the command; `onReading` is called when it has begun to read. */
async function run(
  args: string[],
  onReading: (end: () => void) => void = () => undefined,
  env: Record<string, string> = {},
) {
  const ending = new AbortController();
  let out = '';
  let err = '';
  const code = await printEvents(args, {
    env: { KAFKA_BROKERS: broker.brokers.join(), ...env },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
      if (text.startsWith('Reading ')) onReading(() => ending.abort());
    },
    signal: ending.signal,
  });
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  return {
    code,
    err,
    out,
    events: lines.map((line) => JSON.parse(line) as { data: object; headers: object }),
  };
}

describe('the events of a topic', () => {
  const [first, second] = [linked('web'), linked('phone')];

  it('come from the beginning, up to a count, and leave no trace in Kafka', async () => {
    await publisher.publish([first, second]);
    const { code, events } = await run([topic, '--from-beginning', '--count', '1']);
    expect(code).toBe(0);
    expect(events).toStrictEqual([
      {
        topic,
        partition: expect.any(Number),
        offset: '0',
        key: personId,
        headers: {
          ce_specversion: '1.0',
          ce_id: first.id,
          ce_source: '/identity',
          ce_type: handleLinked.type,
          ce_subject: `person/${personId}`,
          ce_time: '2026-11-21T12:00:00.000Z',
          ce_partitionkey: personId,
          'content-type': 'application/json',
        },
        data: { personId, channel: 'web' },
      },
    ]);
    const admin = kafka.admin();
    expect((await admin.listGroups()).groups).toStrictEqual([]);
    await admin.disconnect();
  });

  it('come from all topics, dead letters from theirs, whatever they hold', async () => {
    const letter = {
      topic: `${topic}.dlq`,
      key: null,
      value: 'no JSON',
      headers: { dlq_reason: 'malformed' },
    };
    await publisher.send([letter]);
    expect((await run(['--from-beginning', '--count', '2'])).events).toMatchObject([
      { data: { channel: 'web' } },
      { data: { channel: 'phone' } },
    ]);
    expect((await run([`${topic}.dlq`, '--from-beginning', '--count', '1'])).events).toMatchObject([
      { key: null, headers: { dlq_reason: 'malformed' }, data: 'no JSON' },
    ]);
  });

  it('end with Ctrl-C, and begin with now where nobody says otherwise', async () => {
    expect(await run([topic], (end) => setTimeout(end, 500))).toMatchObject({ code: 0, events: [] });
  });
});

describe('the command', () => {
  it('answers wrong use with what is right', async () => {
    expect(await run(['people'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there are florin.'),
    });
    expect(await run([topic, topic])).toMatchObject({ code: 2 });
    expect(await run(['--count', '0'])).toMatchObject({ code: 2 });
    expect(await run(['--brokers', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('npm start'),
    });
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`      ${topic}\n`),
    });
  });

  it('are read with the prefixes of the services, and the group goes away too', async () => {
    const staging = { brokers: broker.brokers, clientId: 'spec', topicPrefix: 'staging.' };
    await ensureTopics({ ...staging, topics: allTopics() });
    const staged = createPublisher(createKafka(staging));
    await staged.publish([linked('web')]);
    await staged.disconnect();
    const env = { KAFKA_TOPIC_PREFIX: 'staging.', KAFKA_GROUP_ID_PREFIX: 'staging.' };
    const { code, events } = await run([topic, '--from-beginning', '--count', '1'], undefined, env);
    expect([code, events.length]).toEqual([0, 1]);
    const admin = kafka.admin();
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.disconnect();
  });

  it('need a user whole, as those of the services', async () => {
    const { code, err } = await run([], undefined, { KAFKA_SASL_MECHANISM: 'plain' });
    expect([code, err]).toEqual([2, expect.stringContaining('KAFKA_SASL_USERNAME')]);
  });

  it('says so when Kafka does not answer', async () => {
    expect(await run(['--brokers', '127.0.0.1:1'])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^Kafka does not answer: /),
    });
  });
});
