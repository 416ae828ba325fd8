import { type Broker, type BrokerNode, groupRefusal, type RequestContext } from '../broker.js';
import type { Group } from '../groups/group.js';
import type { JoinResult } from '../groups/group.types.js';
import { bytesOf } from '../groups/protocols.js';
import { limits } from '../limits.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/group.api.js';

type Asked = Pick<RequestContext, 'node'>;

/** From this version on, a new member is given its id first and joins with it. */
const ID_FIRST_VERSION = 4;

/** Answered when the generation that the member joins is complete, which may take up to the rebalance timeout. */
export async function joinGroup(
  broker: Broker,
  request: RequestOf<typeof wire.joinGroup>,
  context: Pick<RequestContext, 'node' | 'version' | 'clientId' | 'clientHost'>,
): Promise<ResponseOf<typeof wire.joinGroup>> {
  const { groupId, memberId, sessionTimeoutMs } = request;
  const refusal = groupRefusal(broker, context.node, groupId);
  if (refusal !== errors.NONE) return refusedJoin(refusal, memberId);
  // A member with an id belongs to a group that exists; only a new one may found a group.
  const group = memberId === '' ? broker.groups.getOrCreate(groupId) : broker.groups.get(groupId);
  if (!group) {
    return refusedJoin(memberId === '' ? errors.POLICY_VIOLATION : errors.UNKNOWN_MEMBER_ID, memberId);
  }
  if (!broker.groups.reserveMemberBytes(bytesOf(request.protocols))) {
    return refusedJoin(errors.POLICY_VIOLATION, memberId);
  }
  const result = await group.join({
    memberId,
    sessionTimeoutMs,
    clientId: context.clientId,
    clientHost: context.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType: request.protocolType,
    // Copied: a view would keep the whole request in memory for as long as the member lives.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    idFirst: context.version >= ID_FIRST_VERSION,
  });
  return { throttleTimeMs: 0, ...result };
}

function refusedJoin(errorCode: ErrorCode, memberId: string): JoinResult & { throttleTimeMs: number } {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolName: '',
    leaderId: '',
    memberId,
    members: [],
  };
}

/** Answered when the leader has handed in the assignments. */
export async function syncGroup(
  broker: Broker,
  request: RequestOf<typeof wire.syncGroup>,
  { node }: Asked,
): Promise<ResponseOf<typeof wire.syncGroup>> {
  const group = groupAt(broker, node, request.groupId);
  if (typeof group === 'number') return refusedSync(group);
  if (request.assignments.some(({ assignment }) => assignment.length > limits.memberMetadataBytes)) {
    return refusedSync(errors.POLICY_VIOLATION);
  }
  const assignedBytes = request.assignments.reduce((sum, { assignment }) => sum + assignment.length, 0);
  if (!broker.groups.reserveMemberBytes(assignedBytes)) return refusedSync(errors.POLICY_VIOLATION);
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
  );
  const result = await group.sync(request.memberId, request.generationId, assignments);
  return { throttleTimeMs: 0, ...result };
}

function refusedSync(errorCode: ErrorCode): ResponseOf<typeof wire.syncGroup> {
  return { throttleTimeMs: 0, errorCode, assignment: Buffer.alloc(0) };
}

export function heartbeat(
  broker: Broker,
  request: RequestOf<typeof wire.heartbeat>,
  { node }: Asked,
): ResponseOf<typeof wire.heartbeat> {
  const group = groupAt(broker, node, request.groupId);
  const errorCode =
    typeof group === 'number' ? group : group.heartbeat(request.memberId, request.generationId);
  return { throttleTimeMs: 0, errorCode };
}

export function leaveGroup(
  broker: Broker,
  request: RequestOf<typeof wire.leaveGroup>,
  { node }: Asked,
): ResponseOf<typeof wire.leaveGroup> {
  const group = groupAt(broker, node, request.groupId);
  const errorCode = typeof group === 'number' ? group : group.leave(request.memberId);
  return { throttleTimeMs: 0, errorCode };
}

function groupAt(broker: Broker, node: BrokerNode, groupId: string): Group | ErrorCode {
  const refusal = groupRefusal(broker, node, groupId);
  if (refusal !== errors.NONE) return refusal;
  return broker.groups.get(groupId) ?? errors.UNKNOWN_MEMBER_ID;
}
