import type { Broker } from '../broker.js';
import type { Group } from '../groups/group.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors } from '../wire/errors.js';
import type * as wire from '../wire/group.api.js';

const OPERATIONS_UNKNOWN = -(2 ** 31);
const NOTHING = Buffer.alloc(0);

type DescribedGroup = ResponseOf<typeof wire.describeGroups>['groups'][number];

/** State and members of each group; one that does not exist is "Dead", as the protocol has it. */
export function describeGroups(
  broker: Broker,
  request: RequestOf<typeof wire.describeGroups>,
): ResponseOf<typeof wire.describeGroups> {
  const groups = request.groups.map((groupId) => describe(groupId, broker.groups.get(groupId)));
  return { throttleTimeMs: 0, groups };
}

function describe(groupId: string, group: Group | undefined): DescribedGroup {
  const snapshot = group?.snapshot();
  const isStable = group?.state === 'Stable';
  return {
    errorCode: errors.NONE,
    groupId,
    state: group?.state ?? 'Dead',
    protocolType: snapshot?.protocolType ?? '',
    protocol: isStable ? (snapshot?.protocol ?? '') : '',
    members: (snapshot?.members ?? []).map(({ id, clientId, clientHost, protocols, assignment }) => ({
      memberId: id,
      clientId,
      clientHost,
      metadata: protocols.find(({ name }) => isStable && name === snapshot?.protocol)?.metadata ?? NOTHING,
      assignment: isStable ? assignment : NOTHING,
    })),
    operations: OPERATIONS_UNKNOWN,
  };
}

export function listGroups(broker: Broker): ResponseOf<typeof wire.listGroups> {
  const groups = broker.groups.all().map((group) => {
    return { groupId: group.id, protocolType: group.snapshot().protocolType };
  });
  return { throttleTimeMs: 0, errorCode: errors.NONE, groups };
}

/** Deletes groups without members, with all their offsets. */
export function deleteGroups(
  broker: Broker,
  request: RequestOf<typeof wire.deleteGroups>,
): ResponseOf<typeof wire.deleteGroups> {
  const results = request.groups.map((groupId) => ({ groupId, errorCode: broker.groups.delete(groupId) }));
  return { throttleTimeMs: 0, results };
}
