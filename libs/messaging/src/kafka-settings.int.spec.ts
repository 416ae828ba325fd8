import { handleLinked, cloudEvent, topics, deadLetterTopic } from '@florin/contracts';
import { makeCertificateAuthority } from '@florin/embedded';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { toKafkaMessage } from './cloud-event-codec.js';
import { createKafka } from './kafka.js';
import { kafkaSettings, type KafkaConfig } from './kafka-settings.js';
import { createPublisher } from './publisher.js';
import { itOnOwnBroker, removeTopics, startTestKafka, type TestKafka } from './testing/kafka.fixture.spec.js';
import { ensureTopics } from './topics.js';

const plain: KafkaConfig = {
  KAFKA_BROKERS: ['127.0.0.1:1'],
  KAFKA_SSL: false,
  KAFKA_CLIENT_ID_PREFIX: '',
  KAFKA_GROUP_ID_PREFIX: '',
  KAFKA_TOPIC_PREFIX: '',
};

const staging = `staging-${randomUUID()}.`;
const blue = `blue-${randomUUID()}.`;
let cluster: TestKafka;

beforeAll(async () => (cluster = await startTestKafka([])));

afterAll(async () => {
  await removeTopics(cluster.settings, staging);
  await cluster.close();
});

describe('settings from the configuration', () => {
  it('are plain text without a user, unless told', () => {
    expect(kafkaSettings(plain, 'wallet')).toEqual({
      brokers: ['127.0.0.1:1'],
      clientId: 'wallet',
      topicPrefix: '',
      groupIdPrefix: '',
    });
  });

  it('have a user, and the authorities that Node knows where none is named', () => {
    const config = {
      ...plain,
      KAFKA_SSL: true,
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'florin',
      KAFKA_SASL_PASSWORD: 'a password',
    } as const;
    expect(kafkaSettings(config, 'wallet')).toMatchObject({
      ssl: {},
      sasl: { mechanism: 'scram-sha-256', username: 'florin', password: 'a password' },
    });
  });
});

describe('TLS', () => {
  const authority = makeCertificateAuthority();
  const client = authority.issue('florin');

  /** Takes clients with a certificate of the authority, and hands on what they say to the broker. */
  async function listen() {
    const server = createServer(
      { ...authority.issue('broker'), ca: authority.ca, requestCert: true },
      (socket) => {
        const inner = connect({ host: '127.0.0.1', port: portOf(cluster.settings.brokers) });
        socket.pipe(inner).pipe(socket);
        for (const end of [socket, inner]) end.on('error', () => inner.destroy());
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  itOnOwnBroker('checks the brokers against the authority, and shows its own certificate', async () => {
    const { server, port } = await listen();
    const config = { ...plain, KAFKA_BROKERS: [`127.0.0.1:${port}`], KAFKA_SSL: true };
    try {
      const admin = createKafka(
        kafkaSettings(
          {
            ...config,
            KAFKA_SSL_CA: authority.ca,
            KAFKA_SSL_CERT: client.cert,
            KAFKA_SSL_KEY: client.key,
          },
          'spec',
        ),
      ).admin();
      const connected = once(server, 'secureConnection') as Promise<[TLSSocket]>;
      await admin.connect();
      expect((await connected)[0].getPeerCertificate().subject).toMatchObject({ CN: 'florin' });
      await admin.disconnect();

      const stranger = { ...config, KAFKA_SSL_CA: makeCertificateAuthority().ca };
      const wary = createKafka(kafkaSettings(stranger, 'spec')).admin({ retry: { retries: 0 } });
      await expect(wary.connect()).rejects.toThrow(/certificate/);
      await wary.disconnect();
    } finally {
      server.close();
    }
  });
});

describe('prefixes', () => {
  const event = cloudEvent(handleLinked, {
    id: randomUUID(),
    source: '/florin/identity',
    time: new Date(1_800_000_000_000).toISOString(),
    data: { personId: randomUUID(), channel: 'web' },
  });

  it('are seen by the brokers and by nobody else', async () => {
    const prefixed = {
      ...plain,
      KAFKA_TOPIC_PREFIX: staging,
      KAFKA_GROUP_ID_PREFIX: blue,
      KAFKA_CLIENT_ID_PREFIX: 'cell-1.',
    };
    const { brokers: _, ...names } = kafkaSettings(prefixed, 'spec');
    const settings = { ...cluster.settings, ...names };
    const own = [topics.people.name, deadLetterTopic(topics.people.name)];
    const definitions = own.map((name) => ({ ...topics.people, name }));
    await ensureTopics({ ...settings, topics: definitions });
    const kafka = createKafka(settings);
    const publisher = createPublisher(kafka);
    await publisher.publish([event]);
    await publisher.send([{ topic: own[1]!, ...toKafkaMessage(event) }]);
    await publisher.disconnect();

    const seen: string[] = [];
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: own, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        seen.push(...messages.map(() => topic));
        await consumer.commitOffsets([{ topic, partition, offset: '1' }]);
        if (seen.length === own.length) resolve();
      },
    });
    await both;
    await consumer.disconnect();
    expect(seen.sort()).toEqual(own);

    const admin = createKafka(cluster.settings).admin();
    await admin.connect();
    const seenTopics = (await admin.listTopics()).filter((name) => name.startsWith(staging));
    expect(seenTopics.sort()).toEqual(own.map((name) => staging + name));
    const { groups } = await admin.listGroups();
    expect(groups.map(({ groupId }) => groupId)).toContain(`${blue}readers`);
    const offsets = await admin.fetchOffsets({ groupId: `${blue}readers` });
    expect(offsets.map(({ topic }) => topic).sort()).toEqual(own.map((name) => staging + name));
    await admin.deleteGroups([`${blue}readers`]);
    await admin.disconnect();
  });
});

function portOf([broker = '']: readonly string[]): number {
  return Number(broker.split(':')[1]);
}
