import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from './cloud-event-codec.js';
import { createKafka, type Kafka, type KafkaSettings } from './kafka.js';

export interface ReadMessage extends IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** A place in a topic: `offset` is that of the next message. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface Reading {
  readonly topics: readonly string[];
  /** With the oldest message that is kept, with what comes from now on, or at places of all partitions. */
  readonly from: 'beginning' | 'now' | readonly Place[];
  readonly onMessage: (message: ReadMessage) => void;
  /** Called when messages begin to come. */
  readonly onReading?: () => void;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/**
 * Reads messages as they are, until told to end, in a consumer group of its own: `florin-<name>-<random id>`, which never
 * commits and is taken away in the end. Throws when Kafka goes away for longer.
 */
export async function readMessages(settings: KafkaSettings, name: string, reading: Reading): Promise<void> {
  const { topics, from, signal } = reading;
  const kafka = createKafka(settings);
  const groupId = `florin-${name}-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });
  const { promise: over, resolve: end, reject: crash } = Promise.withResolvers<void>();
  over.catch(() => undefined);
  consumer.on(consumer.events.CRASH, ({ payload }) => crash(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, () => reading.onReading?.());
  signal.addEventListener('abort', () => end(), { once: true });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: from === 'beginning' });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message }) => {
        if (!signal.aborted) reading.onMessage({ ...message, topic, partition });
        return Promise.resolve();
      },
    });
    if (typeof from === 'object') {
      for (const place of from)
        consumer.seek({ ...place, topic: (settings.topicPrefix ?? '') + place.topic });
    }
    if (!signal.aborted) await over;
  } finally {
    await consumer.disconnect();
  }
  await removeGroup(kafka, (settings.groupIdPrefix ?? '') + groupId);
}

/** Where a topic begins at present, or ends: each partition's place. */
export async function placesOf(
  settings: KafkaSettings,
  topic: string,
  which: 'beginning' | 'end',
): Promise<Place[]> {
  const admin = createKafka(settings).admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets((settings.topicPrefix ?? '') + topic);
    return offsets.map(({ partition, low, high }) => {
      return { topic, partition, offset: which === 'beginning' ? low : high };
    });
  } finally {
    await admin.disconnect();
  }
}

/** A group without offsets goes by itself as well; that it could not be taken away is no failure of reading. */
async function removeGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  const remove = async (): Promise<void> => {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  };
  await remove().catch(() => undefined);
  await admin.disconnect().catch(() => undefined);
}
