import { type Broker, type BrokerNode, ledPartition, type RequestContext } from '../broker.js';
import { limits } from '../limits.js';
import { LEADER_EPOCH, type PartitionLog } from '../storage/partition-log.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import type * as wire from '../wire/data.api.js';
import { partitionsOnce } from './once.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type { SearchBudget } from '../wire/record-batch.js';

const LATEST = -1;
const EARLIEST = -2;

type PartitionRequest = RequestOf<typeof wire.listOffsets>['topics'][number]['partitions'][number];
type PartitionResult = ResponseOf<typeof wire.listOffsets>['topics'][number]['partitions'][number];

/** The first offset, the one after the last, or the first whose record is not older than a time (-1 when all are). */
export function listOffsets(
  broker: Broker,
  request: RequestOf<typeof wire.listOffsets>,
  { node }: Pick<RequestContext, 'node'>,
): ResponseOf<typeof wire.listOffsets> {
  const budget = { bytes: limits.searchBytes };
  const topics = partitionsOnce(request.topics).map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => findOffset(broker, node, name, partition, budget)),
  }));
  return { throttleTimeMs: 0, topics };
}

function findOffset(
  broker: Broker,
  node: BrokerNode,
  topic: string,
  partition: PartitionRequest,
  budget: SearchBudget,
): PartitionResult {
  const log = ledPartition(broker, node, topic, partition.index);
  if (typeof log === 'number') return answer(partition, log);
  if (partition.leaderEpoch > LEADER_EPOCH) return answer(partition, errors.UNKNOWN_LEADER_EPOCH);
  if (partition.timestamp < EARLIEST) return answer(partition, errors.UNSUPPORTED_VERSION);
  try {
    return {
      ...answer(partition, errors.NONE),
      leaderEpoch: LEADER_EPOCH,
      ...seek(log, partition.timestamp, budget),
    };
  } catch (error) {
    broker.notice(`${topic}-${partition.index} could not be searched: ${(error as Error).message}`);
    return answer(partition, errors.STORAGE_ERROR);
  }
}

function seek(
  log: PartitionLog,
  timestamp: number,
  budget: SearchBudget,
): { offset: number; timestamp: number } {
  if (timestamp === LATEST) return { offset: log.endOffset, timestamp: -1 };
  if (timestamp === EARLIEST) return { offset: log.startOffset, timestamp: -1 };
  const found = log.offsetAtTime(timestamp, budget);
  return { offset: found?.offset ?? -1, timestamp: found?.timestampMs ?? -1 };
}

function answer({ index }: PartitionRequest, errorCode: ErrorCode): PartitionResult {
  return { index, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}
