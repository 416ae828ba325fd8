import { type Broker, type BrokerNode, ledPartition, type RequestContext } from '../broker.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import type * as wire from '../wire/data.api.js';
import { partitionsOnce } from './once.js';
import { errors, type ErrorCode } from '../wire/errors.js';

type PartitionRequest = RequestOf<typeof wire.deleteRecords>['topics'][number]['partitions'][number];
type PartitionResult = ResponseOf<typeof wire.deleteRecords>['topics'][number]['partitions'][number];

const ALL = -1;

/** Forgets the records before an offset, for good; -1 forgets all that there are. */
export function deleteRecords(
  broker: Broker,
  request: RequestOf<typeof wire.deleteRecords>,
  { node }: Pick<RequestContext, 'node'>,
): ResponseOf<typeof wire.deleteRecords> {
  const topics = partitionsOnce(request.topics).map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => deleteBefore(broker, node, name, partition)),
  }));
  return { throttleTimeMs: 0, topics };
}

function deleteBefore(
  broker: Broker,
  node: BrokerNode,
  topic: string,
  { index, offset }: PartitionRequest,
): PartitionResult {
  const log = ledPartition(broker, node, topic, index);
  if (typeof log === 'number') return refused(index, log);
  const before = offset === ALL ? log.endOffset : offset;
  if (before < 0 || before > log.endOffset) return refused(index, errors.OFFSET_OUT_OF_RANGE);
  try {
    log.deleteBefore(before);
    return { index, lowWatermark: log.startOffset, errorCode: errors.NONE };
  } catch (error) {
    broker.notice(`${topic}-${index} could not be cut: ${(error as Error).message}`);
    return refused(index, errors.STORAGE_ERROR);
  }
}

function refused(index: number, errorCode: ErrorCode): PartitionResult {
  return { index, lowWatermark: -1, errorCode };
}
