import {
  ConfigError,
  configExitCode,
  configJsonSchema,
  loadConfig,
  topicsConfig,
} from '@florin/configuration';
import { deadLetterTopic, topics, allTopics, type Topic } from '@florin/contracts';
import {
  ensureTopics,
  kafkaSettings,
  RefusedByKafka,
  sentenceOf,
  topicDifferences,
  TopicsCannotBeAltered,
  type TopicSettings,
} from '@florin/messaging';

/** Where it reads its configuration and prints what it finds. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const usage = `Compares the topics of a Kafka with their definition, or makes them what they are defined to be.

  npm run topics -- diff    say what is missing or different, and change nothing
  npm run topics -- apply   create and alter topics; refuses, before it changes anything, to shrink or move one
  npm run topics -- config  print the JSON Schema of the environment

The environment says where Kafka is and how to sign in there: docs/configuration.md.

Exit code: 0 nothing is different (any more), 1 something is different, 2 wrong use, 3 no answer from Kafka,
4 Kafka refused, 78 wrong configuration.
`;

type ExitCode = 0 | 1 | 2 | 3 | 4 | typeof configExitCode;

/** Runs the command line; answers its exit code. */
export async function runTopics(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { env, out, err } = surroundings;
  try {
    switch (args.join(' ')) {
      case 'diff':
        return await diff(settingsOf(env), out);
      case 'apply':
        return await apply(settingsOf(env), out);
      case 'config':
        out(`${JSON.stringify(configJsonSchema(topicsConfig), null, 2)}\n`);
        return 0;
      case '--help':
        out(usage);
        return 0;
      default:
        err(args.length === 0 ? usage : `topics has no "${args.join(' ')}".\n\n${usage}`);
        return 2;
    }
  } catch (error) {
    const [code, message] = failure(error);
    err(`${message}\n`);
    return code;
  }
}

function failure(error: unknown): [ExitCode, string] {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ConfigError) return [configExitCode, message];
  if (error instanceof TopicsCannotBeAltered) return [1, `${message}\nNothing was changed.`];
  if (error instanceof RefusedByKafka) return [4, `Kafka refused:\n${message}`];
  // A broker that wants TLS or a user cuts off whoever comes without, and does not say why.
  const hint = /closed connection/i.test(message)
    ? '; does it want TLS (KAFKA_SSL) or a user (KAFKA_SASL_…)?'
    : '';
  return [3, `Kafka: ${message}${hint}`];
}

function settingsOf(env: NodeJS.ProcessEnv): TopicSettings {
  const config = loadConfig(topicsConfig, env);
  return {
    ...kafkaSettings(config, 'topics'),
    topics: definedTopics(config.KAFKA_PARTITIONS),
    replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    minInSyncReplicas: config.KAFKA_MIN_INSYNC_REPLICAS,
  };
}

/** The topics of the contracts; dead letters, which are few, keep their one partition. */
function definedTopics(partitions: number | undefined): Topic[] {
  const deadLetters = new Set(Object.values(topics).map(({ name }) => deadLetterTopic(name)));
  return allTopics().map((topic) =>
    partitions === undefined || deadLetters.has(topic.name) ? topic : { ...topic, partitions },
  );
}

async function diff(settings: TopicSettings, out: (text: string) => void): Promise<0 | 1> {
  const differences = await topicDifferences(settings);
  for (const difference of differences) out(`${sentenceOf(difference)}\n`);
  if (differences.length > 0) return 1;
  out(`${settings.topics.length} topics are as they are defined\n`);
  return 0;
}

async function apply(settings: TopicSettings, out: (text: string) => void): Promise<0> {
  for (const { topic, what, found, defined } of await ensureTopics(settings)) {
    out(what === 'topic' ? `created ${topic}: ${defined}\n` : `${topic}: ${what} ${found} -> ${defined}\n`);
  }
  out(`${settings.topics.length} topics are as they are defined\n`);
  return 0;
}
