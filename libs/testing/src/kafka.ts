import { kafkaConfig, loadConfig } from '@florin/configuration';
import { allTopics } from '@florin/contracts';
import { startKafkaBroker } from '@florin/embedded';
import { createKafka, ensureTopics, kafkaSettings, type KafkaSettings } from '@florin/messaging';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** Our topics on a Kafka, empty. */
export interface TestKafka {
  /** What a service reads to get at them; all of it, since on a broker that others use they have a prefix. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops the broker, or takes the topics and groups away again. */
  close(): Promise<void>;
}

/** On the Kafka at `FLORIN_TEST_KAFKA`, or else on an embedded broker with its data in `dataDir`. */
export async function startTestKafka(dataDir: string): Promise<TestKafka> {
  const address = process.env['FLORIN_TEST_KAFKA'];
  const broker = address ? undefined : await startKafkaBroker({ dataDir });
  const environment = broker ? { KAFKA_BROKERS: broker.brokers.join() } : environmentOf(address ?? '');
  const settings = kafkaSettings(loadConfig(z.object(kafkaConfig), environment), 'test');
  await ensureTopics({ ...settings, topics: allTopics() });
  return { environment, close: () => (broker ? broker.close() : tidyUp(settings)) };
}

/** With `FLORIN_TEST_KAFKA_SSL_CA`, a file, over TLS; with `FLORIN_TEST_KAFKA_SASL`, `mechanism:user:password`, signed in. */
function environmentOf(brokers: string): Record<string, string> {
  const caFile = process.env['FLORIN_TEST_KAFKA_SSL_CA'];
  const [mechanism = '', username = '', ...password] = (process.env['FLORIN_TEST_KAFKA_SASL'] ?? '').split(
    ':',
  );
  // Of this run alone, so that runs do not meet.
  const prefix = `test-${randomUUID()}.`;
  return {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: prefix,
    KAFKA_GROUP_ID_PREFIX: prefix,
    ...(caFile && { KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: caFile }),
    ...(mechanism && {
      KAFKA_SASL_MECHANISM: mechanism.toLowerCase(),
      KAFKA_SASL_USERNAME: username,
      KAFKA_SASL_PASSWORD: password.join(':'),
    }),
  };
}

async function tidyUp(settings: KafkaSettings): Promise<void> {
  const { topicPrefix = '', groupIdPrefix = '' } = settings;
  const admin = createKafka(settings).admin();
  await admin.connect();
  try {
    const { groups } = await admin.listGroups();
    const groupIds = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(groupIdPrefix));
    if (groupIds.length > 0) await admin.deleteGroups(groupIds);
    await admin.deleteTopics({ topics: allTopics().map(({ name }) => topicPrefix + name) });
  } finally {
    await admin.disconnect();
  }
}
