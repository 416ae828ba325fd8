import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Consumer,
  type EachMessagePayload,
  Kafka,
  type KafkaConfig,
  type KafkaMessage,
  logLevel,
  type SASLOptions,
} from 'kafkajs';
import { startKafkaBroker } from '../kafka.server.js';

/**
 * The cluster that the black-box suite runs against, and the only place that knows which one that is: the one at
 * `FLORIN_TEST_KAFKA` (`host:port,…`; with `FLORIN_TEST_KAFKA_SSL_CA`, a file, over TLS; with `FLORIN_TEST_KAFKA_SASL`,
 * `mechanism:user:password`, signed in), or three nodes of the embedded broker. Every name it gives is new.
 */
export class Cluster {
  readonly #cleanups: Array<() => Promise<unknown>> = [];

  private constructor(
    readonly brokers: readonly string[],
    private readonly access: Access,
    private readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<Cluster> {
    const address = process.env['FLORIN_TEST_KAFKA'];
    if (address) return new Cluster(address.split(','), accessFromEnvironment(), () => Promise.resolve());
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-kafka-'));
    const broker = await startKafkaBroker({ dataDir, nodes: 3 });
    return new Cluster(broker.brokers, {}, async () => {
      await broker.close();
      await rm(dataDir, { recursive: true });
    });
  }

  /** A name that no topic or group had before. */
  name(purpose: string): string {
    return `florin-${purpose}-${randomUUID()}`;
  }

  /** A kafkajs client that says nothing. */
  client(changes: Partial<KafkaConfig> = {}): Kafka {
    const { caFile, sasl } = this.access;
    return new Kafka({
      brokers: [...this.brokers],
      clientId: 'black-box',
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 30 },
      ...(caFile ? { ssl: { ca: [readFileSync(caFile, 'utf8')] } } : {}),
      ...(sasl ? { sasl: toSaslOptions(sasl) } : {}),
      ...changes,
    });
  }

  /** A connected admin, producer or consumer that is disconnected at the end. */
  async connect<Client extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
    client: Client,
  ): Promise<Client> {
    await client.connect();
    this.#cleanups.push(() => client.disconnect());
    return client;
  }

  /** Makes a topic and returns its name; it is deleted at the end. */
  async topic(purpose: string, numPartitions = 1, configs: Record<string, string> = {}): Promise<string> {
    const topic = this.name(purpose);
    const admin = this.client().admin();
    await admin.connect();
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const wanted = { topic, numPartitions, replicationFactor: 1, configEntries };
    await admin.createTopics({ waitForLeaders: false, topics: [wanted] });
    // A broker may hear of a topic later than the controller that made it.
    await until(async () => {
      const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
      return known?.topics[0]?.partitions.length === numPartitions;
    });
    await admin.disconnect();
    return topic;
  }

  /** Reads topics from their beginning, as a new group, until there are as many messages as are asked for. */
  async read(topics: string | readonly string[], count: number, groupId = this.name('readers')) {
    const consumer = this.client().consumer({ groupId, ...impatient });
    const messages: ReadMessage[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topics].flat(), fromBeginning: true });
    await collect(consumer, messages);
    // While its group settles a reader may get a message again.
    const once = () =>
      new Map(
        messages.map((message) => [`${message.topic}/${message.partition}/${message.offset}`, message]),
      );
    await until(() => once().size >= count);
    await consumer.disconnect();
    return [...once().values()];
  }

  /** What a client that is no kafkajs needs to be told of the way in, as librdkafka calls it. */
  settings(): Record<string, string> {
    const { caFile, sasl } = this.access;
    const protocol = `${sasl ? 'sasl_' : ''}${caFile ? 'ssl' : 'plaintext'}`;
    return {
      'security.protocol': protocol,
      ...(caFile ? { 'ssl.ca.location': caFile } : {}),
      ...(sasl
        ? {
            'sasl.mechanisms': sasl.mechanism,
            'sasl.username': sasl.username,
            'sasl.password': sasl.password,
          }
        : {}),
    };
  }

  /** The same as {@link settings}, as Kafka's own Java clients call it. */
  javaProperties(): string {
    const { caFile, sasl } = this.access;
    const lines = [`security.protocol=${sasl ? 'SASL_' : ''}${caFile ? 'SSL' : 'PLAINTEXT'}`];
    if (caFile) lines.push('ssl.truststore.type=PEM', `ssl.truststore.location=${caFile}`);
    if (sasl) {
      const kind = sasl.mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram';
      lines.push(
        `sasl.mechanism=${sasl.mechanism}`,
        `sasl.jaas.config=org.apache.kafka.common.security.${kind}LoginModule required ` +
          `username="${sasl.username}" password="${sasl.password}";`,
      );
    }
    return `${lines.join('\n')}\n`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#cleanups.map((cleanup) => cleanup()));
    await this.close();
  }
}

export type ReadMessage = KafkaMessage & { topic: string; partition: number };

/** Consumer options with which rebalances and leaving are quick. */
export const impatient = {
  maxWaitTimeInMs: 200,
  heartbeatInterval: 200,
  sessionTimeout: 10_000,
  rebalanceTimeout: 10_000,
} as const;

export function collect(consumer: Consumer, into: ReadMessage[]): Promise<void> {
  const eachMessage = ({ topic, partition, message }: EachMessagePayload) => {
    into.push({ ...message, topic, partition });
    return Promise.resolve();
  };
  return consumer.run({ eachMessage });
}

/** Waits for what others bring about. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

interface Access {
  readonly caFile?: string;
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
}

function accessFromEnvironment(): Access {
  const caFile = process.env['FLORIN_TEST_KAFKA_SSL_CA'];
  const [mechanism, username = '', ...password] = (process.env['FLORIN_TEST_KAFKA_SASL'] ?? '').split(':');
  return {
    ...(caFile ? { caFile } : {}),
    ...(mechanism
      ? { sasl: { mechanism: mechanism.toUpperCase(), username, password: password.join(':') } }
      : {}),
  };
}

function toSaslOptions({ mechanism, username, password }: NonNullable<Access['sasl']>): SASLOptions {
  const names = {
    PLAIN: 'plain',
    'SCRAM-SHA-256': 'scram-sha-256',
    'SCRAM-SHA-512': 'scram-sha-512',
  } as const;
  const known = Object.entries(names).find(([name]) => name === mechanism)?.[1];
  if (!known)
    throw new Error(`FLORIN_TEST_KAFKA_SASL names ${mechanism}, not ${Object.keys(names).join(', ')}`);
  return { mechanism: known, username, password };
}
