import { crc32 } from 'node:zlib';
import type { GroupCoordinator } from './groups/group-coordinator.js';
import { limits } from './limits.js';
import type { ClusterState } from './storage/cluster-state.js';
import type { PartitionLog } from './storage/partition-log.js';
import type { Notice } from './storage/recovery.js';
import type { Topic, TopicStore } from './storage/topic-store.js';
import { errors, type ErrorCode } from './wire/errors.js';

/** One address that clients are told of. */
export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** What the handlers of requests work on. */
export interface Broker {
  readonly cluster: ClusterState;
  /** Never empty. The first is the controller. Partitions and groups are spread over all. */
  readonly nodes: readonly BrokerNode[];
  readonly topics: TopicStore;
  readonly groups: GroupCoordinator;
  readonly notice: Notice;
}

export interface RequestContext {
  /** The node that was asked. */
  readonly node: BrokerNode;
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Aborted when the connection is gone: nothing need wait for it any longer. */
  readonly gone: AbortSignal;
}

export function controllerOf(broker: Broker): BrokerNode {
  return broker.nodes[0] as BrokerNode;
}

/** A topic's partitions are spread over the nodes in turn, from a node that its name decides, unless it was created otherwise. */
export function leaderOf(broker: Broker, topic: Topic, partition: number): BrokerNode {
  return nth(broker, topic.leaders?.[partition] ?? crc32(topic.name) + partition);
}

/**
 * The nodes that a partition is said to be on, its leader first. All nodes share one folder, so that each of them has it, and no copy
 * is made.
 */
export function replicasOf(broker: Broker, topic: Topic, partition: number): BrokerNode[] {
  const first = broker.nodes.indexOf(leaderOf(broker, topic, partition));
  const count = Math.min(topic.replicas ?? 1, broker.nodes.length);
  return Array.from({ length: count }, (_, index) => nth(broker, first + index));
}

export function coordinatorOf(broker: Broker, groupId: string): BrokerNode {
  return nth(broker, crc32(groupId));
}

/** The log of a partition that the node leads, or what is answered when it does not. */
export function ledPartition(
  broker: Broker,
  node: BrokerNode,
  name: string,
  index: number,
): PartitionLog | ErrorCode {
  const topic = broker.topics.get(name);
  const log = topic?.partitions[index];
  if (!topic || !log) return errors.UNKNOWN_TOPIC_OR_PARTITION;
  return leaderOf(broker, topic, index) === node ? log : errors.NOT_LEADER_OR_FOLLOWER;
}

/** Whether the node may answer for the group. */
export function groupRefusal(broker: Broker, node: BrokerNode, groupId: string): ErrorCode {
  if (groupId === '' || groupId.length > limits.groupIdLetters) return errors.INVALID_GROUP_ID;
  return coordinatorOf(broker, groupId) === node ? errors.NONE : errors.NOT_COORDINATOR;
}

function nth(broker: Broker, number: number): BrokerNode {
  return broker.nodes[number % broker.nodes.length] as BrokerNode;
}
