import { commandLine, commandLineConfig, kafkaConfig, WrongUse } from '@florin/configuration';
import { allTopics, topics } from '@florin/contracts';
import type { KafkaConfig } from '@florin/messaging';
import { z } from 'zod';

/** What this command reads from its environment. */
export const eventsConfig = z.object(kafkaConfig);

export interface Arguments {
  readonly topics: readonly string[];
  readonly kafka: KafkaConfig;
  readonly fromBeginning: boolean;
  /** Events to print before the end; `undefined`: until interrupted. */
  readonly count: number | undefined;
}

const own = Object.values(topics).map(({ name }) => name);
const maxCount = 1_000_000_000;

export const usage = `Prints events as they come, one line of JSON each: topic, partition, offset, key, headers and data. It only reads.

  npm run -s events                          every topic
  npm run -s events -- <topic>               one of them, or its dead letters: <topic>.dlq

${own.map((name) => `      ${name}\n`).join('')}
  npm run -s events -- config                the JSON Schema of the environment

  --from-beginning        from the oldest event that is kept, not from now on
  --count <n>             end after n events
  --brokers <host:port>   Kafka, several separated by commas (default: the environment's KAFKA_BROKERS)

TLS, user and prefixes come from the environment as for the services: docs/configuration.md.

Exit code: 0 ended by --count or Ctrl-C, 2 wrong use, 3 not finished: Kafka does not answer.
`;

/** Reads a command line. Throws WrongUse with a sentence that helps. */
export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { positionals, values } = commandLine(args, {
    'from-beginning': { type: 'boolean' },
    count: { type: 'string' },
    brokers: { type: 'string' },
  });
  const [topic, extra] = positionals;
  if (extra !== undefined) throw new WrongUse(`One topic or all of them: "${extra}" is one too many`);
  if (topic !== undefined && !allTopics().some(({ name }) => name === topic)) {
    throw new WrongUse(`"${topic}" is not a topic; there are ${own.join(', ')}, each with its .dlq`);
  }
  const brokers = values.brokers ?? env['KAFKA_BROKERS'] ?? '';
  if (brokers === '') {
    throw new WrongUse('Where is Kafka? Run npm start, give --brokers host:port or set KAFKA_BROKERS');
  }
  return {
    topics: topic === undefined ? own : [topic],
    kafka: commandLineConfig(eventsConfig, { ...env, KAFKA_BROKERS: brokers }),
    fromBeginning: values['from-beginning'] ?? false,
    count: countOf(values.count),
  };
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > maxCount) throw new WrongUse(`--count is a number from 1 to ${maxCount}`);
  return count;
}
