import type { Topic } from '@florin/contracts';
import { createKafka, type KafkaSettings } from './kafka.js';

export interface TopicSettings extends KafkaSettings {
  readonly topics: readonly Topic[];
  /** Copies of each partition; by default one per broker, at most three. */
  readonly replicationFactor?: number;
}

/**
 * Creates the topics that are missing and leaves those there as they are. A step of its own: services never create
 * topics. Throws when a topic exists with fewer partitions than it should have.
 */
export async function ensureTopics(settings: TopicSettings): Promise<void> {
  const admin = createKafka(settings).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = settings.topics.filter(({ name }) => !existing.has(name));
    const { brokers } = await admin.describeCluster();
    const replicationFactor = settings.replicationFactor ?? Math.min(brokers.length, 3);
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, retentionMs }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: [
            { name: 'retention.ms', value: String(retentionMs) },
            // What is acknowledged is on all copies but one, so that one broker may be lost or away.
            { name: 'min.insync.replicas', value: String(Math.max(replicationFactor - 1, 1)) },
          ],
        })),
      });
    }
    await checkPartitions(admin, settings.topics);
  } finally {
    await admin.disconnect();
  }
}

/** More partitions than planned is an operator's choice; fewer would break what is keyed by partition. */
async function checkPartitions(
  admin: ReturnType<ReturnType<typeof createKafka>['admin']>,
  topics: readonly Topic[],
): Promise<void> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
  for (const { name, partitions } of topics) {
    const actual = found.find((topic) => topic.name === name)?.partitions.length ?? 0;
    if (actual < partitions)
      throw new Error(`topic ${name} has ${actual} partitions, expected ${partitions}`);
  }
}
