import { type Broker, type BrokerNode, ledPartition, type RequestContext } from '../broker.js';
import { limits } from '../limits.js';
import { LEADER_EPOCH, type PartitionLog } from '../storage/partition-log.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import type * as wire from '../wire/data.api.js';
import { partitionsOnce } from './once.js';
import { errors, type ErrorCode } from '../wire/errors.js';

type FetchRequest = RequestOf<typeof wire.fetch>;
type FetchResponse = ResponseOf<typeof wire.fetch>;
type PartitionRequest = FetchRequest['topics'][number]['partitions'][number];
type PartitionResult = FetchResponse['topics'][number]['partitions'][number];

/** Answers at once when there is enough to give or something to refuse, else when an append brings enough or time is up. */
export function fetch(
  broker: Broker,
  asked: FetchRequest,
  { node, gone }: Pick<RequestContext, 'node' | 'gone'>,
): FetchResponse | Promise<FetchResponse> {
  // Sessions are never opened (id 0 is answered to who asks for one), so no other id can be ours.
  if (asked.sessionId !== 0) {
    return { throttleTimeMs: 0, errorCode: errors.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, topics: [] };
  }
  const request = { ...asked, topics: partitionsOnce(asked.topics) };
  if (request.maxWaitMs <= 0 || isReady(broker, node, request)) return readAll(broker, node, request);
  return untilReady(broker, node, request, gone).then(() => readAll(broker, node, request));
}

function isReady(broker: Broker, node: BrokerNode, request: FetchRequest): boolean {
  let bytes = 0;
  for (const { name, partitions } of request.topics) {
    for (const partition of partitions) {
      const log = ledPartition(broker, node, name, partition.index);
      if (typeof log === 'number' || checkPosition(log, partition) !== errors.NONE) return true;
      bytes += bytesAfter(log, partition.offset);
    }
  }
  return bytes >= request.minBytes;
}

/** A log that cannot be read is ready: reading it says so. */
function bytesAfter(log: PartitionLog, offset: number): number {
  try {
    return log.bytesAfter(offset);
  } catch {
    return Infinity;
  }
}

function untilReady(
  broker: Broker,
  node: BrokerNode,
  request: FetchRequest,
  gone: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    if (isReady(broker, node, request)) resolve();
  };
  const unsubscribe = request.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ index }) => broker.topics.partition(name, index)?.onAppend(wake)),
  );
  const timer = setTimeout(resolve, Math.min(request.maxWaitMs, limits.fetchWaitMs));
  const leave = () => resolve();
  gone.addEventListener('abort', leave);
  return promise.finally(() => {
    clearTimeout(timer);
    gone.removeEventListener('abort', leave);
    for (const stop of unsubscribe) stop?.();
  });
}

function readAll(broker: Broker, node: BrokerNode, request: FetchRequest): FetchResponse {
  let budget = Math.min(Math.max(request.maxBytes, 0), limits.fetchBytes);
  let isFirst = true;
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => {
      const result = readPartition(broker, node, name, partition, budget, isFirst);
      const length = result.records?.length ?? 0;
      budget = Math.max(0, budget - length);
      isFirst &&= length === 0;
      return result;
    }),
  }));
  return { throttleTimeMs: 0, errorCode: errors.NONE, sessionId: 0, topics };
}

function readPartition(
  broker: Broker,
  node: BrokerNode,
  topic: string,
  partition: PartitionRequest,
  budget: number,
  atLeastOne: boolean,
): PartitionResult {
  const log = ledPartition(broker, node, topic, partition.index);
  if (typeof log === 'number') return blank(partition, log);
  const refusal = checkPosition(log, partition);
  if (refusal !== errors.NONE) return blank(partition, refusal);
  try {
    const maxBytes = Math.min(Math.max(partition.maxBytes, 0), budget);
    return {
      ...blank(partition, errors.NONE),
      highWatermark: log.endOffset,
      lastStableOffset: log.endOffset,
      logStartOffset: log.startOffset,
      records: log.read(partition.offset, maxBytes, atLeastOne),
    };
  } catch (error) {
    broker.notice(`${topic}-${partition.index} could not be read: ${(error as Error).message}`);
    return blank(partition, errors.STORAGE_ERROR);
  }
}

function checkPosition(log: PartitionLog, { offset, leaderEpoch }: PartitionRequest): ErrorCode {
  if (leaderEpoch > LEADER_EPOCH) return errors.UNKNOWN_LEADER_EPOCH;
  return offset < log.startOffset || offset > log.endOffset ? errors.OFFSET_OUT_OF_RANGE : errors.NONE;
}

function blank({ index }: PartitionRequest, errorCode: ErrorCode): PartitionResult {
  return {
    index,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: [],
    preferredReadReplica: -1,
    records: Buffer.alloc(0),
  };
}
