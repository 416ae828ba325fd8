import { type Broker, leaderOf } from '../broker.js';
import { limits } from '../limits.js';
import type { Topic, TopicStore } from '../storage/topic-store.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/topic.api.js';
import { notStored, storing } from './storing.js';
import { settingFault } from './topic-configs.js';

type NewTopic = RequestOf<typeof wire.createTopics>['topics'][number];
type Growth = RequestOf<typeof wire.createPartitions>['topics'][number];
type Refusal = readonly [errorCode: ErrorCode, message: string];

const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/;
/** "The broker's default", for partitions and replication factor. */
const DEFAULT = -1;

/** Creates topics, or with validateOnly says whether it could. */
export function createTopics(
  broker: Broker,
  request: RequestOf<typeof wire.createTopics>,
): ResponseOf<typeof wire.createTopics> {
  const sameName = Map.groupBy(request.topics, ({ name }) => name);
  if (sameName.size > limits.topics) return { throttleTimeMs: 0, topics: [...sameName.keys()].map(tooMany) };
  const known = new Map(broker.topics.all().map(({ name }) => [metricName(name), name]));
  const topics = request.topics.map((topic) => {
    const isTwice = sameName.get(topic.name)?.length !== 1;
    const refusal = isTwice ? twice : creationRefusal(broker, topic, known.get(metricName(topic.name)));
    if (refusal || request.validateOnly) return result(topic.name, refusal);
    known.set(metricName(topic.name), topic.name);
    return stored(broker, topic.name, () => broker.topics.create(topic.name, toStore(topic)));
  });
  return { throttleTimeMs: 0, topics };
}

const twice: Refusal = [errors.INVALID_REQUEST, 'the topic is named twice'];

function tooMany(name: string) {
  return result(name, [errors.POLICY_VIOLATION, `the embedded broker holds ${limits.topics} topics`]);
}

/** `alike` is the topic whose name the metrics would not tell from this one's. */
function creationRefusal(broker: Broker, topic: NewTopic, alike: string | undefined): Refusal | undefined {
  const { name, replicationFactor, assignments } = topic;
  const partitions = partitionsOf(topic);
  if (!TOPIC_NAME.test(name) || name === '.' || name === '..') {
    return [errors.INVALID_TOPIC, 'a topic’s name is 1 to 249 of a-z A-Z 0-9 . _ -'];
  }
  if (broker.topics.get(name)) return [errors.TOPIC_ALREADY_EXISTS, `topic ${name} already exists`];
  if (alike) return [errors.INVALID_TOPIC, `topic ${name} collides with topic ${alike}`];
  if (partitions < 1) return [errors.INVALID_PARTITIONS, 'a topic has one partition at least'];
  if (
    replicationFactor !== DEFAULT &&
    !(replicationFactor >= 1 && replicationFactor <= broker.nodes.length)
  ) {
    return [errors.INVALID_REPLICATION_FACTOR, `replicas are 1 to ${broker.nodes.length}, one for each node`];
  }
  if (assignments.length > 0 && !areAssignable(broker, topic)) {
    return [errors.INVALID_REPLICA_ASSIGNMENT, 'partitions count from 0, each on one known broker'];
  }
  const fault = settingFault(topic.configs);
  if (fault) return [errors.INVALID_CONFIG, fault];
  if (broker.topics.all().length >= limits.topics) {
    return [errors.POLICY_VIOLATION, `the embedded broker holds ${limits.topics} topics`];
  }
  return roomRefusal(broker, partitions, partitions);
}

/** Apache Kafka's metrics tell dots from underscores no more than this, so it refuses topics that differ in nothing else. */
function metricName(topic: string): string {
  return topic.replaceAll('.', '_');
}

function roomRefusal(broker: Broker, total: number, added: number): Refusal | undefined {
  if (total > limits.partitionsPerTopic) {
    return [errors.INVALID_PARTITIONS, `a topic has ${limits.partitionsPerTopic} partitions at most`];
  }
  if (broker.topics.partitionCount() + added > limits.partitions) {
    return [errors.POLICY_VIOLATION, `the embedded broker holds ${limits.partitions} partitions`];
  }
  return undefined;
}

function partitionsOf({ partitions, assignments }: NewTopic): number {
  if (assignments.length > 0) return assignments.length;
  return partitions === DEFAULT ? 1 : partitions;
}

function areAssignable(broker: Broker, { assignments }: NewTopic): boolean {
  const ordered = assignments.map(({ partition }) => partition).sort((a, b) => a - b);
  return (
    ordered.every((partition, index) => partition === index) &&
    assignments.every(({ brokers }) => isOneKnownBroker(broker, brokers))
  );
}

function isOneKnownBroker(broker: Broker, brokers: readonly number[]): boolean {
  return brokers.length === 1 && broker.nodes.some(({ nodeId }) => nodeId === brokers[0]);
}

function toStore(topic: NewTopic): Parameters<TopicStore['create']>[1] {
  const stored = { partitions: partitionsOf(topic), configs: givenConfigs(topic) };
  if (topic.assignments.length === 0) return { ...stored, replicas: Math.max(topic.replicationFactor, 1) };
  const ordered = topic.assignments.toSorted((a, b) => a.partition - b.partition);
  return { ...stored, leaders: ordered.flatMap(({ brokers }) => brokers) };
}

function givenConfigs({ configs }: NewTopic): Record<string, string> {
  return Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
}

/** Deletes topics with their records and everybody's offsets in them. */
export function deleteTopics(
  broker: Broker,
  request: RequestOf<typeof wire.deleteTopics>,
): ResponseOf<typeof wire.deleteTopics> {
  const topics = request.names.map((name) => {
    const topic = broker.topics.get(name);
    if (!topic) return { name, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION };
    const errorCode = storing(broker, `topic ${name}`, () => {
      broker.groups.offsets.deleteTopic(name);
      broker.topics.delete(topic);
    });
    return { name, errorCode };
  });
  return { throttleTimeMs: 0, topics };
}

/** Adds partitions; keys that hashed to one partition may then go to another. */
export function createPartitions(
  broker: Broker,
  request: RequestOf<typeof wire.createPartitions>,
): ResponseOf<typeof wire.createPartitions> {
  const topics = request.topics.map((growth) => {
    const topic = broker.topics.get(growth.name);
    const refusal = growthRefusal(broker, topic, growth);
    if (refusal || !topic || request.validateOnly) return result(growth.name, refusal);
    const leaders = leadersOf(broker, topic, growth);
    return stored(broker, topic.name, () => broker.topics.grow(topic, growth.count, leaders));
  });
  return { throttleTimeMs: 0, topics };
}

function leadersOf(broker: Broker, topic: Topic, { assignments }: Growth): readonly number[] | undefined {
  if (!assignments) return topic.leaders;
  const known = topic.partitions.map((_, index) => leaderOf(broker, topic, index).nodeId);
  return [...known, ...assignments.flatMap(({ brokers }) => brokers)];
}

function growthRefusal(broker: Broker, topic: Topic | undefined, growth: Growth): Refusal | undefined {
  if (!topic) return [errors.UNKNOWN_TOPIC_OR_PARTITION, `topic ${growth.name} does not exist`];
  const added = growth.count - topic.partitions.length;
  if (added <= 0) {
    return [
      errors.INVALID_PARTITIONS,
      `topic ${growth.name} has ${topic.partitions.length} partitions already`,
    ];
  }
  const { assignments } = growth;
  if (assignments && assignments.length !== added) {
    return [errors.INVALID_REPLICA_ASSIGNMENT, `${added} partitions are new`];
  }
  if (assignments?.some(({ brokers }) => !isOneKnownBroker(broker, brokers))) {
    return [errors.INVALID_REPLICA_ASSIGNMENT, 'each partition is on one known broker'];
  }
  return roomRefusal(broker, growth.count, added);
}

function stored(broker: Broker, name: string, change: () => void) {
  const errorCode = storing(broker, `topic ${name}`, change);
  return result(name, errorCode === errors.NONE ? undefined : [errorCode, notStored]);
}

function result(name: string, refusal: Refusal | undefined) {
  return { name, errorCode: refusal?.[0] ?? errors.NONE, errorMessage: refusal?.[1] ?? null };
}
