import { type Broker, type BrokerNode, groupRefusal, type RequestContext } from '../broker.js';
import type { CommittedOffset, PartitionOffset } from '../groups/offset-store.js';
import { limits } from '../limits.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/group.api.js';
import { partitionsOnce } from './once.js';
import { storing } from './storing.js';

type Asked = Pick<RequestContext, 'node'>;
type CommitRequest = RequestOf<typeof wire.offsetCommit>;
type CommitPartition = CommitRequest['topics'][number]['partitions'][number];
type FetchResponse = ResponseOf<typeof wire.offsetFetch>;
type FetchedPartition = FetchResponse['topics'][number]['partitions'][number];

/** Stores the offsets that are in order; each partition is answered for itself. */
export function offsetCommit(
  broker: Broker,
  request: CommitRequest,
  { node }: Asked,
): ResponseOf<typeof wire.offsetCommit> {
  const refusal = mayCommit(broker, node, request);
  const accepted: PartitionOffset[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => {
      const errorCode = refusal === errors.NONE ? checkOffset(broker, name, partition) : refusal;
      if (errorCode === errors.NONE) accepted.push(toCommit(name, partition));
      return { index: partition.index, errorCode };
    }),
  }));
  const stored = store(broker, request.groupId, accepted);
  if (stored !== errors.NONE) {
    for (const partition of topics.flatMap(({ partitions }) => partitions)) partition.errorCode ||= stored;
  }
  return { throttleTimeMs: 0, topics };
}

function mayCommit(broker: Broker, node: BrokerNode, request: CommitRequest): ErrorCode {
  const { groupId, memberId, generationId } = request;
  const refusal = groupRefusal(broker, node, groupId);
  if (refusal !== errors.NONE) return refusal;
  const isLoner = generationId < 0 && memberId === '';
  const group = isLoner ? broker.groups.getOrCreate(groupId) : broker.groups.get(groupId);
  if (!group) return isLoner ? errors.POLICY_VIOLATION : errors.ILLEGAL_GENERATION;
  return group.mayCommit(memberId, generationId);
}

function checkOffset(broker: Broker, topic: string, { index, metadata }: CommitPartition): ErrorCode {
  if (!broker.topics.partition(topic, index)) return errors.UNKNOWN_TOPIC_OR_PARTITION;
  const isTooLong = Buffer.byteLength(metadata ?? '') > limits.offsetMetadataBytes;
  return isTooLong ? errors.OFFSET_METADATA_TOO_LARGE : errors.NONE;
}

function toCommit(topic: string, { index, offset, leaderEpoch, metadata }: CommitPartition): PartitionOffset {
  const committed = { offset, leaderEpoch, metadata: metadata ?? '', atMs: Date.now() };
  return { topic, partition: index, committed };
}

function store(broker: Broker, groupId: string, offsets: readonly PartitionOffset[]): ErrorCode {
  const refusal = broker.groups.offsets.roomRefusal(groupId, offsets);
  if (refusal !== errors.NONE) return refusal;
  try {
    broker.groups.offsets.commit(groupId, offsets);
    return errors.NONE;
  } catch (error) {
    broker.notice(`offsets of group ${groupId} could not be stored: ${(error as Error).message}`);
    return errors.UNKNOWN_SERVER_ERROR;
  }
}

/** What the group has committed for the named partitions, or for all; -1 where it has committed nothing. */
export function offsetFetch(
  broker: Broker,
  request: RequestOf<typeof wire.offsetFetch>,
  { node, version }: Asked & Pick<RequestContext, 'version'>,
): FetchResponse {
  const { groupId } = request;
  const errorCode = groupRefusal(broker, node, groupId);
  if (errorCode !== errors.NONE) return refusedFetch(request, version, errorCode);
  if (!request.topics) return { throttleTimeMs: 0, topics: allOffsets(broker, groupId), errorCode };
  const topics = partitionsOnce(request.topics).map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((index) => toFetched(index, broker.groups.offsets.get(groupId, name, index))),
  }));
  return { throttleTimeMs: 0, topics, errorCode };
}

/** Before version 2 there is no error for the whole, only one for each partition. */
function refusedFetch(
  { topics }: RequestOf<typeof wire.offsetFetch>,
  version: number,
  errorCode: ErrorCode,
): FetchResponse {
  const refused = (topics ?? []).map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((index) => ({ ...toFetched(index, undefined), errorCode })),
  }));
  return { throttleTimeMs: 0, topics: version < 2 ? refused : [], errorCode };
}

function allOffsets(broker: Broker, groupId: string): FetchResponse['topics'] {
  const byTopic = Map.groupBy(broker.groups.offsets.all(groupId), ({ topic }) => topic);
  return [...byTopic].map(([name, offsets]) => ({
    name,
    partitions: offsets.map(({ partition, committed }) => toFetched(partition, committed)),
  }));
}

/** Forgets what the group has committed in the named partitions, of topics that no member reads. */
export function offsetDelete(
  broker: Broker,
  request: RequestOf<typeof wire.offsetDelete>,
  { node }: Asked,
): ResponseOf<typeof wire.offsetDelete> {
  const { groupId } = request;
  const group = broker.groups.get(groupId);
  const refusal = groupRefusal(broker, node, groupId) || (group ? errors.NONE : errors.GROUP_ID_NOT_FOUND);
  if (!group || refusal !== errors.NONE) return { errorCode: refusal, throttleTimeMs: 0, topics: [] };

  const read = group.subscribedTopics();
  const isFree = (topic: string) => read !== undefined && !read.has(topic);
  const forgotten = request.topics.filter(({ name }) => isFree(name));
  const offsets = forgotten.flatMap(({ name, partitions }) =>
    partitions.map(({ index }) => ({ topic: name, partition: index })),
  );
  const stored = storing(broker, `offsets of group ${groupId}`, () =>
    broker.groups.offsets.delete(groupId, offsets),
  );
  if (stored !== errors.NONE) return { errorCode: stored, throttleTimeMs: 0, topics: [] };
  const topics = request.topics.map(({ name, partitions }) => {
    const errorCode = isFree(name) ? errors.NONE : errors.GROUP_SUBSCRIBED_TO_TOPIC;
    return { name, partitions: partitions.map(({ index }) => ({ index, errorCode })) };
  });
  return { errorCode: errors.NONE, throttleTimeMs: 0, topics };
}

function toFetched(index: number, committed: CommittedOffset | undefined): FetchedPartition {
  return {
    index,
    offset: committed?.offset ?? -1,
    leaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: errors.NONE,
  };
}
