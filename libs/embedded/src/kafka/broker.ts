import type { GroupCoordinator } from './groups/group-coordinator.js';
import type { ClusterState } from './storage/cluster-state.js';
import type { Notice } from './storage/recovery.js';
import type { TopicStore } from './storage/topic-store.js';

/** One address that clients are told of. */
export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** What the handlers of requests work on. */
export interface Broker {
  readonly cluster: ClusterState;
  /** Never empty. The first is the controller and coordinates all groups. */
  readonly nodes: readonly BrokerNode[];
  readonly topics: TopicStore;
  readonly groups: GroupCoordinator;
  readonly notice: Notice;
}

export interface RequestContext {
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Aborted when the connection is gone: nothing need wait for it any longer. */
  readonly gone: AbortSignal;
}

export function controllerOf(broker: Broker): BrokerNode {
  return broker.nodes[0] as BrokerNode;
}

/** Partitions are spread over the nodes in turn. */
export function leaderOf(broker: Broker, partition: number): BrokerNode {
  return broker.nodes[partition % broker.nodes.length] as BrokerNode;
}
