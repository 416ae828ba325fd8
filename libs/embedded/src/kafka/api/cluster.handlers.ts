import { type Broker, controllerOf, coordinatorOf, leaderOf, replicasOf } from '../broker.js';
import { LEADER_EPOCH } from '../storage/partition-log.js';
import type { Topic } from '../storage/topic-store.js';
import type * as wire from '../wire/cluster.api.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors } from '../wire/errors.js';
import { once } from './once.js';
import { storing } from './storing.js';

const GROUP_COORDINATOR = 0;
/** "Not asked, or not known", for the operations that a client may do: there are no access rules here. */
const OPERATIONS_UNKNOWN = -(2 ** 31);

type MetadataResponse = ResponseOf<typeof wire.metadata>;

/** Every topic or the named ones. A topic that does not exist is answered with its error and never created. */
export function metadata(
  broker: Broker,
  request: RequestOf<typeof wire.metadata>,
  { version }: { version: number },
): MetadataResponse {
  const wantsAll = request.topics === null || (version === 0 && request.topics.length === 0);
  const names = wantsAll ? broker.topics.all().map(({ name }) => name) : once(request.topics ?? []);
  return {
    throttleTimeMs: 0,
    brokers: broker.nodes.map((node) => ({ ...node, rack: null })),
    clusterId: broker.cluster.clusterId,
    controllerId: controllerOf(broker).nodeId,
    topics: names.map((name) => describeTopic(broker, name, broker.topics.get(name))),
    clusterOperations: OPERATIONS_UNKNOWN,
  };
}

function describeTopic(
  broker: Broker,
  name: string,
  topic: Topic | undefined,
): MetadataResponse['topics'][number] {
  return {
    errorCode: topic ? errors.NONE : errors.UNKNOWN_TOPIC_OR_PARTITION,
    name,
    isInternal: false,
    operations: OPERATIONS_UNKNOWN,
    partitions: partitionsOf(broker, topic),
  };
}

function partitionsOf(
  broker: Broker,
  topic: Topic | undefined,
): MetadataResponse['topics'][number]['partitions'] {
  if (!topic) return [];
  return topic.partitions.map((_, index) => {
    const replicas = replicasOf(broker, topic, index).map(({ nodeId }) => nodeId);
    return {
      errorCode: errors.NONE,
      index,
      leaderId: leaderOf(broker, topic, index).nodeId,
      leaderEpoch: LEADER_EPOCH,
      replicas,
      inSyncReplicas: replicas,
      offlineReplicas: [],
    };
  });
}

/** Who coordinates a group. Transactions have no coordinator here. */
export function findCoordinator(
  broker: Broker,
  request: RequestOf<typeof wire.findCoordinator>,
): ResponseOf<typeof wire.findCoordinator> {
  if (request.keyType !== GROUP_COORDINATOR) {
    return {
      throttleTimeMs: 0,
      errorCode: errors.UNSUPPORTED_VERSION,
      errorMessage: 'the embedded broker has no transactions',
      nodeId: -1,
      host: '',
      port: -1,
    };
  }
  const coordinator = coordinatorOf(broker, request.key);
  return { throttleTimeMs: 0, errorCode: errors.NONE, errorMessage: null, ...coordinator };
}

/** A fresh producer id for an idempotent producer; a transactional one is refused. */
export function initProducerId(
  broker: Broker,
  request: RequestOf<typeof wire.initProducerId>,
): ResponseOf<typeof wire.initProducerId> {
  if (request.transactionalId !== null) {
    return { throttleTimeMs: 0, errorCode: errors.UNSUPPORTED_VERSION, producerId: -1, producerEpoch: -1 };
  }
  let producerId = -1;
  const errorCode = storing(broker, 'a producer id', () => (producerId = broker.cluster.newProducerId()));
  return { throttleTimeMs: 0, errorCode, producerId, producerEpoch: errorCode === errors.NONE ? 0 : -1 };
}
