import { allTopics, type Topic } from '@florin/contracts';
import { startKafkaBroker, type EmbeddedKafka } from '@florin/embedded';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka, type KafkaSettings } from '../kafka.js';
import { ensureTopics } from '../topics.js';

const address = process.env['FLORIN_TEST_KAFKA'];

/** Whether the examples may stop the broker: not one that somebody else has started. */
export const ownsBroker = !address;

/** `it` for what needs that, or a broker without TLS and sign-in; it counts as skipped elsewhere. */
export const itOnOwnBroker = ownsBroker ? it : xit;

/** Our topics on a Kafka, empty: the one at `FLORIN_TEST_KAFKA`, or else an embedded broker. */
export interface TestKafka {
  readonly settings: KafkaSettings;
  /** Removes the topics again, or the broker altogether. */
  close(): Promise<void>;
}

export async function startTestKafka(topics: readonly Topic[] = allTopics()): Promise<TestKafka> {
  return address ? topicsOn(accessFromEnvironment(address), topics) : BrokerOfOurOwn.start(topics);
}

/** An embedded broker that comes and goes. */
export class BrokerOfOurOwn implements TestKafka {
  readonly settings: KafkaSettings;

  private constructor(
    private readonly dataDir: string,
    private broker: EmbeddedKafka,
  ) {
    this.settings = { brokers: broker.brokers, clientId: 'spec' };
  }

  static async start(topics: readonly Topic[]): Promise<BrokerOfOurOwn> {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-kafka-'));
    const own = new BrokerOfOurOwn(dataDir, await startKafkaBroker({ dataDir }));
    await ensureTopics({ ...own.settings, topics });
    return own;
  }

  goAway(): Promise<void> {
    return this.broker.close();
  }

  /** On the same port, with its data. */
  async comeBack(): Promise<void> {
    this.broker = await startKafkaBroker({ dataDir: this.dataDir, port: this.broker.port });
  }

  async close(): Promise<void> {
    await this.broker.close();
    await rm(this.dataDir, { recursive: true });
  }
}

/** Makes the topics, and deletes them at the end: so it refuses a cluster where they have something in them. */
async function topicsOn(settings: KafkaSettings, topics: readonly Topic[]): Promise<TestKafka> {
  const names = topics.map(({ name }) => name);
  const existing = await withAdmin(settings, (admin) => admin.listTopics());
  const taken = names.filter((name) => existing.includes(name));
  if (taken.length > 0)
    throw new Error(`The Kafka at FLORIN_TEST_KAFKA is in use: it has ${taken.join(', ')}.`);
  await ensureTopics({ ...settings, topics });
  return {
    settings,
    close: () =>
      withAdmin(settings, async (admin) => {
        if (names.length > 0) await admin.deleteTopics({ topics: names });
        while ((await admin.listTopics()).some((name) => names.includes(name))) await sleep(20);
      }),
  };
}

/** Deletes the topics whose names begin so. */
export async function removeTopics(settings: KafkaSettings, prefix: string): Promise<void> {
  await withAdmin(settings, async (admin) => {
    const own = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
    if (own.length > 0) await admin.deleteTopics({ topics: own });
  });
}

type Admin = ReturnType<ReturnType<typeof createKafka>['admin']>;

async function withAdmin<T>(settings: KafkaSettings, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = createKafka(settings).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** With `FLORIN_TEST_KAFKA_SSL_CA`, a file, over TLS; with `FLORIN_TEST_KAFKA_SASL`, `mechanism:user:password`, signed in. */
function accessFromEnvironment(brokers: string): KafkaSettings {
  const caFile = process.env['FLORIN_TEST_KAFKA_SSL_CA'];
  const [name, username = '', ...password] = (process.env['FLORIN_TEST_KAFKA_SASL'] ?? '').split(':');
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
  const mechanism = mechanisms.find((known) => known === name?.toLowerCase());
  if (name && mechanism === undefined) throw new Error(`FLORIN_TEST_KAFKA_SASL names ${name}.`);
  return {
    brokers: brokers.split(','),
    clientId: 'spec',
    ...(caFile && { ssl: { ca: readFileSync(caFile, 'utf8') } }),
    ...(mechanism && { sasl: { mechanism, username, password: password.join(':') } }),
  };
}
