import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type EmbeddedKafka, type KafkaOptions, startKafkaBroker } from '../kafka.server.js';

/** A broker over a folder of its own, with the client that a service would use. */
export class TestBroker {
  readonly notices: string[] = [];
  readonly #cleanups: Array<() => Promise<unknown>> = [];

  private constructor(
    readonly dataDir: string,
    private readonly options: Partial<KafkaOptions>,
    private broker: EmbeddedKafka,
  ) {}

  static async start(options: Partial<KafkaOptions> = {}): Promise<TestBroker> {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-kafka-'));
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    const withNotices = { ...options, onNotice };
    const test = new TestBroker(dataDir, withNotices, await startKafkaBroker({ ...withNotices, dataDir }));
    return Object.assign(test, { notices });
  }

  get port(): number {
    return this.broker.port;
  }

  /** Of all nodes. */
  get ports(): number[] {
    return this.broker.brokers.map((address) => Number(address.split(':')[1]));
  }

  /** A client that fails fast and says nothing. */
  client(clientId = 'test'): Kafka {
    return testClient(this.broker.brokers, clientId);
  }

  /** A connected admin, producer or consumer that is disconnected when the broker stops. */
  async connect<Client extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
    client: Client,
  ): Promise<Client> {
    await client.connect();
    this.#cleanups.push(() => client.disconnect());
    return client;
  }

  async createTopic(topic: string, numPartitions = 1): Promise<void> {
    const admin = this.client().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions }] });
    await admin.disconnect();
  }

  /** Closes the broker and opens it again on the same folder and ports. */
  async restart(): Promise<void> {
    const port = this.ports;
    await this.broker.close();
    this.broker = await startKafkaBroker({ ...this.options, dataDir: this.dataDir, port });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#cleanups.map((cleanup) => cleanup()));
    await this.broker.close();
    await rm(this.dataDir, { recursive: true });
  }
}

export function testClient(brokers: string[], clientId = 'test'): Kafka {
  const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 20 };
  return new Kafka({ brokers, clientId, logLevel: logLevel.NOTHING, retry });
}

/** Waits for what other processes or timers bring about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}
