import type { Topic } from '@florin/contracts';
import kafkajs, { type Admin } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka, type KafkaSettings } from './kafka.js';
import { isTransient } from './transient.js';

// Node does not see these among the names of the package.
const {
  ConfigResourceTypes,
  ConfigSource,
  KafkaJSAggregateError,
  KafkaJSProtocolError,
  KafkaJSSASLAuthenticationError,
} = kafkajs;

const knownWithinMs = 30_000;

export interface TopicSettings extends KafkaSettings {
  readonly topics: readonly Topic[];
  /** Copies of each partition. Unless set: of a new topic one per broker, at most three; others stay as they are. */
  readonly replicationFactor?: number | undefined;
  /** Copies that have a message before it is acknowledged. Unless set all but one, so that one broker may be away. */
  readonly minInSyncReplicas?: number | undefined;
}

/** Something that a cluster has otherwise than it is defined. */
export interface TopicDifference {
  /** As the brokers know it, with its prefix. */
  readonly topic: string;
  /** `topic` where there is none of that name. */
  readonly what: 'topic' | 'partitions' | 'replication.factor' | 'retention.ms' | 'min.insync.replicas';
  readonly found: string;
  readonly defined: string;
  /** Why it cannot be altered. */
  readonly obstacle?: string;
}

/** Topics cannot be made what they are defined to be; nothing was altered. */
export class TopicsCannotBeAltered extends Error {
  override readonly name = 'TopicsCannotBeAltered';

  constructor(readonly differences: readonly TopicDifference[]) {
    super(differences.map(sentenceOf).join('\n'));
  }
}

/** The brokers answered, and refused; the message has a line for each topic that they refused. */
export class RefusedByKafka extends Error {
  override readonly name = 'RefusedByKafka';
}

/** One line about a difference. */
export function sentenceOf({ topic, what, found, defined, obstacle }: TopicDifference): string {
  if (what === 'topic') return `topic ${topic} is missing: ${defined}`;
  const sentence = `topic ${topic} has ${what} ${found}, defined ${defined}`;
  return obstacle === undefined ? sentence : `${sentence}: ${obstacle}`;
}

/** What is missing or different; changes nothing. */
export function topicDifferences(settings: TopicSettings): Promise<TopicDifference[]> {
  return withAdmin(settings, async (admin) => (await compare(admin, settings)).differences);
}

/**
 * Makes the topics what they are defined to be and answers what was different. A step of its own: services never
 * create topics. Throws TopicsCannotBeAltered, before anything is altered, where a topic would have to shrink or move,
 * and RefusedByKafka where the brokers let it do less: what they did not refuse may be done then.
 */
export function ensureTopics(settings: TopicSettings): Promise<TopicDifference[]> {
  return withAdmin(settings, async (admin) => {
    const { planned, differences } = await compare(admin, settings);
    const obstacles = differences.filter(({ obstacle }) => obstacle !== undefined);
    if (obstacles.length > 0) throw new TopicsCannotBeAltered(obstacles);
    const differing = (what: TopicDifference['what'][]) =>
      planned.filter(({ name }) =>
        differences.some((difference) => difference.topic === name && what.includes(difference.what)),
      );
    await create(admin, differing(['topic']));
    for (const topic of differing(['partitions'])) await naming(topic, grow(admin, topic));
    for (const topic of differing(['retention.ms', 'min.insync.replicas'])) {
      await naming(topic, alter(admin, topic));
    }
    return differences;
  });
}

/** A topic as this cluster should have it. */
interface Plan {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<'retention.ms' | 'min.insync.replicas', string>>;
}

/** A topic as this cluster has it. */
interface Found {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** All settings; `own` are those that somebody gave this topic. */
  readonly configs: ReadonlyMap<string, { readonly value: string; readonly own: boolean }>;
}

async function withAdmin<Result>(
  settings: TopicSettings,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = createKafka(settings).admin();
  try {
    // A client that could not sign in still has a connection.
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw refusalOf(error) ?? error;
  } finally {
    await admin.disconnect();
  }
}

/** What the brokers refused, if this is that and no outage. */
function refusalOf(error: unknown, prefix = ''): RefusedByKafka | undefined {
  const isRefusal =
    error instanceof KafkaJSAggregateError ||
    error instanceof KafkaJSSASLAuthenticationError ||
    (error instanceof KafkaJSProtocolError && !error.retriable);
  return isRefusal ? new RefusedByKafka(prefix + reasonOf(error), { cause: error }) : undefined;
}

function reasonOf(error: Error): string {
  if (error instanceof KafkaJSAggregateError) {
    const each = error.errors as readonly (Error & { readonly topic?: string })[];
    return each.map((one) => `topic ${one.topic}: ${reasonOf(one)}`).join('\n');
  }
  return error instanceof KafkaJSProtocolError
    ? `${error.message} (${error.type}, ${error.code})`
    : error.message;
}

/** Has a refusal say which topic it is about. */
async function naming({ name }: Plan, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw refusalOf(error, `topic ${name}: `) ?? error;
  }
}

async function compare(admin: Admin, settings: TopicSettings) {
  const { brokers } = await admin.describeCluster();
  const all = new Set(await admin.listTopics());
  const planned: Plan[] = [];
  const differences: TopicDifference[] = [];
  for (const topic of settings.topics) {
    const name = (settings.topicPrefix ?? '') + topic.name;
    const found = all.has(name) ? await find(admin, name) : undefined;
    const usual = found?.replicationFactor ?? Math.min(brokers.length, 3);
    const plan = planOf(name, topic, settings.replicationFactor ?? usual, settings.minInSyncReplicas);
    planned.push(plan);
    differences.push(...differencesOf(plan, found));
  }
  return { planned, differences };
}

function planOf(name: string, topic: Topic, replicationFactor: number, minInSync?: number): Plan {
  return {
    name,
    partitions: topic.partitions,
    replicationFactor,
    configs: {
      'retention.ms': String(topic.retentionMs),
      'min.insync.replicas': String(minInSync ?? Math.max(replicationFactor - 1, 1)),
    },
  };
}

async function find(admin: Admin, name: string): Promise<Found> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
  const { partitions } = topics[0] ?? { partitions: [] };
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return {
    partitions: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    configs: new Map(
      entries.map(({ configName, configValue, configSource }) => [
        configName,
        { value: configValue, own: configSource === ConfigSource.TOPIC_CONFIG },
      ]),
    ),
  };
}

function differencesOf(plan: Plan, found: Found | undefined): TopicDifference[] {
  const { name: topic, partitions, replicationFactor, configs } = plan;
  const settings = Object.entries(configs) as [keyof typeof configs, string][];
  if (found === undefined) {
    const defined = [
      `partitions ${partitions}`,
      `replication.factor ${replicationFactor}`,
      ...settings.map(([name, value]) => `${name} ${value}`),
    ].join(', ');
    return [{ topic, what: 'topic', found: 'nothing', defined }];
  }
  const values = [
    {
      what: 'partitions' as const,
      ...{ found: found.partitions, defined: partitions },
      ...(found.partitions > partitions && { obstacle: 'a topic cannot shrink' }),
    },
    {
      what: 'replication.factor' as const,
      ...{ found: found.replicationFactor, defined: replicationFactor },
      obstacle: 'partitions are moved by kafka-reassign-partitions',
    },
    ...settings.map(([what, defined]) => ({ what, found: found.configs.get(what)?.value, defined })),
  ];
  return values
    .map((value) => ({ ...value, topic, found: String(value.found), defined: String(value.defined) }))
    .filter((value) => value.found !== value.defined);
}

async function create(admin: Admin, topics: readonly Plan[]): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({
    waitForLeaders: false,
    topics: topics.map(({ name, partitions, replicationFactor, configs }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(configs).map(([setting, value]) => ({ name: setting, value })),
    })),
  });
  await untilKnown(
    admin,
    topics.map(({ name }) => name),
  );
}

/**
 * A cluster answers before its brokers know the topics that it has made: some say for a moment that there are none,
 * which kafkajs' own wait for the leaders takes for a failure.
 */
async function untilKnown(admin: Admin, topics: string[]): Promise<void> {
  const givenUpAt = Date.now() + knownWithinMs;
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics });
      return;
    } catch (error) {
      if (!isTransient(error) || Date.now() > givenUpAt) throw error;
    }
    await sleep(50);
  }
}

async function grow(admin: Admin, { name, partitions }: Plan): Promise<void> {
  await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] });
}

/** The request replaces all that the topic was given, so what is not ours is given again. */
async function alter(admin: Admin, { name, configs }: Plan): Promise<void> {
  const found = await find(admin, name);
  const kept = [...found.configs]
    .filter(([, { own }]) => own)
    .map(([key, { value }]) => [key, value] as const);
  const entries = new Map([...kept, ...Object.entries(configs)]);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name,
        configEntries: [...entries].map(([setting, value]) => ({ name: setting, value })),
      },
    ],
  });
}
