import { type Broker, type BrokerNode, ledPartition, type RequestContext } from '../broker.js';
import type { PartitionLog } from '../storage/partition-log.js';
import { MalformedRequest, type RequestOf, type ResponseOf } from '../wire/codec.js';
import type * as wire from '../wire/data.api.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import { batchFault, type BatchFault } from '../wire/record-batch.js';
import { settingOf } from './topic-configs.js';

type PartitionRequest = RequestOf<typeof wire.produce>['topics'][number]['partitions'][number];
type PartitionResult = ResponseOf<typeof wire.produce>['topics'][number]['partitions'][number];

const faultCodes = {
  truncated: errors.CORRUPT_MESSAGE,
  'too-large': errors.MESSAGE_TOO_LARGE,
  'old-format': errors.INVALID_RECORD,
  'bad-checksum': errors.CORRUPT_MESSAGE,
  'bad-header': errors.INVALID_RECORD,
  'bad-compression': errors.UNSUPPORTED_COMPRESSION,
  transactional: errors.UNSUPPORTED_VERSION,
  'not-one-batch': errors.INVALID_RECORD,
} satisfies Record<BatchFault, ErrorCode>;

/**
 * Appends one record batch per partition. Answered when all are in the page cache (and on the device, where the broker was
 * started so); with acks 0 there is no answer, and a refusal closes the connection, which is all that such a client notices.
 */
export async function produce(
  broker: Broker,
  request: RequestOf<typeof wire.produce>,
  { node }: Pick<RequestContext, 'node'>,
): Promise<ResponseOf<typeof wire.produce> | undefined> {
  const known = request.acks >= -1 && request.acks <= 1;
  const written = new Set<PartitionLog>();
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => {
      if (!known) return refused(partition.index, errors.INVALID_REQUIRED_ACKS, 'acks is -1, 0 or 1');
      return append(broker, node, name, partition, written);
    }),
  }));
  const durable = [...written].map((log) => log.durable()).filter((promise) => promise !== undefined);
  if (durable.length > 0) await Promise.all(durable);
  if (request.acks !== 0) return { topics, throttleTimeMs: 0 };

  const failure = topics
    .flatMap(({ partitions }) => partitions)
    .find(({ errorCode }) => errorCode !== errors.NONE);
  if (failure)
    throw new MalformedRequest(`a batch sent without acknowledgement was refused: ${failure.errorMessage}`);
  return undefined;
}

function append(
  broker: Broker,
  node: BrokerNode,
  topic: string,
  { index, records }: PartitionRequest,
  written: Set<PartitionLog>,
): PartitionResult {
  const log = ledPartition(broker, node, topic, index);
  if (typeof log === 'number') return refused(index, log, `${topic}-${index} is not here`);
  const fault = records ? batchFault(records) : 'truncated';
  if (fault || !records) return refused(index, faultCodes[fault ?? 'truncated'], `record batch: ${fault}`);
  const { configs = {} } = broker.topics.get(topic) ?? {};
  if (records.length > Number(settingOf(configs, 'max.message.bytes'))) {
    return refused(index, errors.MESSAGE_TOO_LARGE, 'the batch is larger than the topic’s max.message.bytes');
  }
  try {
    const result = log.append(records);
    if ('errorCode' in result)
      return refused(index, result.errorCode, 'the producer’s sequence does not fit');
    written.add(log);
    return { ...blank(index), baseOffset: result.baseOffset, logStartOffset: log.startOffset };
  } catch (error) {
    broker.notice(`${topic}-${index} could not be written: ${(error as Error).message}`);
    return refused(index, errors.STORAGE_ERROR, 'the log could not be written');
  }
}

function refused(index: number, errorCode: ErrorCode, errorMessage: string): PartitionResult {
  return { ...blank(index), errorCode, errorMessage };
}

function blank(index: number): PartitionResult {
  return {
    index,
    errorCode: errors.NONE,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
  };
}
