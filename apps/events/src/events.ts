import { configJsonSchema, WrongUse } from '@florin/configuration';
import { isTransient, kafkaSettings, readMessages, type ReadMessage } from '@florin/messaging';
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

/** Reads in a consumer group of its own, until interrupted or until there were as many as asked for. */
async function follow(options: Arguments, { err, out, signal }: Surroundings): Promise<void> {
  const enough = new AbortController();
  let left = options.count ?? Infinity;
  await readMessages(kafkaSettings(options.kafka, 'events'), 'events', {
    topics: options.topics,
    from: options.fromBeginning ? 'beginning' : 'now',
    onReading: () => err(`Reading ${options.topics.join(', ')}\n`),
    onMessage: (message) => {
      out(`${JSON.stringify(lineOf(message))}\n`);
      left -= 1;
      if (left <= 0) enough.abort();
    },
    signal: AbortSignal.any([signal, enough.signal]),
  });
}

function lineOf({ topic, partition, offset, headers = {}, key, value }: ReadMessage) {
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
