import type { Broker, RequestContext } from '../broker.js';
import type { JoinResult } from '../groups/group.types.js';
import { limits } from '../limits.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/group.api.js';

/** From this version on, a new member is given its id first and joins with it. */
const ID_FIRST_VERSION = 4;

/** Answered when the generation that the member joins is complete, which may take up to the rebalance timeout. */
export async function joinGroup(
  broker: Broker,
  request: RequestOf<typeof wire.joinGroup>,
  context: Pick<RequestContext, 'version' | 'clientId' | 'clientHost'>,
): Promise<ResponseOf<typeof wire.joinGroup>> {
  const { groupId, memberId, sessionTimeoutMs } = request;
  if (groupId === '') return refusedJoin(errors.INVALID_GROUP_ID, memberId);
  // A member with an id belongs to a group that exists; only a new one may found a group.
  const group = memberId === '' ? broker.groups.getOrCreate(groupId) : broker.groups.get(groupId);
  if (!group) {
    return refusedJoin(memberId === '' ? errors.POLICY_VIOLATION : errors.UNKNOWN_MEMBER_ID, memberId);
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
): Promise<ResponseOf<typeof wire.syncGroup>> {
  const group = broker.groups.get(request.groupId);
  if (!group) return refusedSync(errors.UNKNOWN_MEMBER_ID);
  if (request.assignments.some(({ assignment }) => assignment.length > limits.memberMetadataBytes)) {
    return refusedSync(errors.POLICY_VIOLATION);
  }
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
): ResponseOf<typeof wire.heartbeat> {
  const group = broker.groups.get(request.groupId);
  const errorCode = group?.heartbeat(request.memberId, request.generationId) ?? errors.UNKNOWN_MEMBER_ID;
  return { throttleTimeMs: 0, errorCode };
}

export function leaveGroup(
  broker: Broker,
  request: RequestOf<typeof wire.leaveGroup>,
): ResponseOf<typeof wire.leaveGroup> {
  const errorCode = broker.groups.get(request.groupId)?.leave(request.memberId) ?? errors.UNKNOWN_MEMBER_ID;
  return { throttleTimeMs: 0, errorCode };
}
