import { type Broker, coordinatorOf, groupRefusal, type RequestContext } from '../broker.js';
import type { Group } from '../groups/group.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors, type ErrorCode } from '../wire/errors.js';
import type * as wire from '../wire/group.api.js';
import { once } from './once.js';
import { storing } from './storing.js';

const OPERATIONS_UNKNOWN = -(2 ** 31);
const NOTHING = Buffer.alloc(0);

type Asked = Pick<RequestContext, 'node'>;
type DescribedGroup = ResponseOf<typeof wire.describeGroups>['groups'][number];

/** State and members of each group; one that does not exist is "Dead", as the protocol has it. */
export function describeGroups(
  broker: Broker,
  request: RequestOf<typeof wire.describeGroups>,
  { node }: Asked,
): ResponseOf<typeof wire.describeGroups> {
  const groups = once(request.groups).map((groupId) => {
    const refusal = groupRefusal(broker, node, groupId);
    return { ...describe(groupId, broker.groups.get(groupId)), errorCode: refusal };
  });
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

/** The groups that the node coordinates: who wants all asks every node. */
export function listGroups(
  broker: Broker,
  _request: RequestOf<typeof wire.listGroups>,
  { node }: Asked,
): ResponseOf<typeof wire.listGroups> {
  const own = broker.groups.all().filter(({ id }) => coordinatorOf(broker, id) === node);
  const groups = own.map((group) => ({
    groupId: group.id,
    protocolType: group.snapshot().protocolType,
  }));
  return { throttleTimeMs: 0, errorCode: errors.NONE, groups };
}

/** Deletes groups without members, with all their offsets. */
export function deleteGroups(
  broker: Broker,
  request: RequestOf<typeof wire.deleteGroups>,
  { node }: Asked,
): ResponseOf<typeof wire.deleteGroups> {
  const results = once(request.groups).map((groupId) => {
    const refusal = groupRefusal(broker, node, groupId);
    return { groupId, errorCode: refusal === errors.NONE ? deleteGroup(broker, groupId) : refusal };
  });
  return { throttleTimeMs: 0, results };
}

function deleteGroup(broker: Broker, groupId: string): ErrorCode {
  let outcome: ErrorCode = errors.NONE;
  const stored = storing(broker, `group ${groupId}`, () => (outcome = broker.groups.delete(groupId)));
  return stored === errors.NONE ? outcome : stored;
}
