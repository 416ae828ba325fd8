import { randomUUID } from 'node:crypto';
import { configJsonSchema, WrongUse } from '@florin/configuration';
import { createKafka, isTransient, kafkaSettings, type IncomingMessage, type Kafka } from '@florin/messaging';
import { eventsConfig, parseArguments, usage, type Arguments } from './arguments.js';

/** Where events are printed, and what ends it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted by Ctrl-C, or when nobody reads on. */
  readonly signal: AbortSignal;
}

/** Prints events; answers the exit code: 0 ended as wished, 2 wrong use, 3 not finished, as when Kafka does not answer. */
export async function printEvents(args: readonly string[], surroundings: Surroundings): Promise<0 | 2 | 3> {
  if (args.includes('--help')) {
    surroundings.out(usage);
    return 0;
  }
  if (args.join() === 'config') {
    surroundings.out(`${JSON.stringify(configJsonSchema(eventsConfig), null, 2)}\n`);
    return 0;
  }
  try {
    await follow(parseArguments(args, surroundings.env), surroundings);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof WrongUse) {
      surroundings.err(`${message}\n`);
      return 2;
    }
    surroundings.err(
      `${isTransient(error) ? 'Kafka does not answer' : 'Reading did not finish'}: ${message}\n`,
    );
    return 3;
  }
}

/** Reads in a consumer group of its own that never commits, and takes the group away in the end. */
async function follow(options: Arguments, { err, out, signal }: Surroundings): Promise<void> {
  const kafka = createKafka(kafkaSettings(options.kafka, 'events'));
  const groupId = `florin-events-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });
  const { promise: over, resolve: end, reject: crash } = Promise.withResolvers<void>();
  over.catch(() => undefined);
  consumer.on(consumer.events.CRASH, ({ payload }) => crash(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, () => err(`Reading ${options.topics.join(', ')}\n`));
  signal.addEventListener('abort', () => end(), { once: true });
  let left = options.count ?? Infinity;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message }) => {
        if (left > 0 && !signal.aborted) out(`${JSON.stringify(lineOf(topic, partition, message))}\n`);
        left -= 1;
        if (left <= 0) end();
        return Promise.resolve();
      },
    });
    if (!signal.aborted) await over;
  } finally {
    await consumer.disconnect();
  }
  await removeGroup(kafka, options.kafka.KAFKA_GROUP_ID_PREFIX + groupId);
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

function lineOf(topic: string, partition: number, message: IncomingMessage & { readonly offset: string }) {
  const { headers = {}, key, offset, value } = message;
  const texts = Object.entries(headers).map(([name, text]) => [name, text?.toString()]);
  const place = { topic, partition, offset, key: key === null ? null : key.toString() };
  return { ...place, headers: Object.fromEntries(texts) as object, data: dataOf(value) };
}

/** What is no JSON (a dead letter may hold anything) is shown as a text. */
function dataOf(value: Buffer | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value.toString()) as unknown;
  } catch {
    return value.toString();
  }
}
