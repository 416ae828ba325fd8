import {
  api,
  array,
  boolean,
  bytes,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  since,
  string,
  struct,
  until,
} from './codec.js';

/** Consumer groups: membership, offsets and administration. Versions stop before static membership (KIP-345). */

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 4],
  request: struct({
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    errorCode: int16,
    generationId: int32,
    protocolName: string,
    leaderId: string,
    memberId: string,
    members: array(struct({ memberId: string, metadata: bytes })),
  }),
});

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 2],
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    assignments: array(struct({ memberId: string, assignment: bytes })),
  }),
  response: struct({ throttleTimeMs: since(1, int32), errorCode: int16, assignment: bytes }),
});

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 2],
  request: struct({ groupId: string, generationId: int32, memberId: string }),
  response: struct({ throttleTimeMs: since(1, int32), errorCode: int16 }),
});

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 2],
  request: struct({ groupId: string, memberId: string }),
  response: struct({ throttleTimeMs: since(1, int32), errorCode: int16 }),
});

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 6],
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    retentionTimeMs: until(4, int64),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            offset: int64,
            leaderEpoch: since(6, int32, -1),
            metadata: nullableString,
          }),
        ),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16 })) })),
  }),
});

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 5],
  request: struct({
    groupId: string,
    /** Null asks for every partition that the group has committed (version 2 on). */
    topics: nullableArray(struct({ name: string, partitions: array(int32) })),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            offset: int64,
            leaderEpoch: since(5, int32),
            metadata: nullableString,
            errorCode: int16,
          }),
        ),
      }),
    ),
    errorCode: since(2, int16),
  }),
});

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 3],
  request: struct({ groups: array(string), includeOperations: since(3, boolean) }),
  response: struct({
    throttleTimeMs: since(1, int32),
    groups: array(
      struct({
        errorCode: int16,
        groupId: string,
        state: string,
        protocolType: string,
        protocol: string,
        members: array(
          struct({
            memberId: string,
            clientId: string,
            clientHost: string,
            metadata: bytes,
            assignment: bytes,
          }),
        ),
        operations: since(3, int32),
      }),
    ),
  }),
});

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 2],
  request: struct({}),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: int16,
    groups: array(struct({ groupId: string, protocolType: string })),
  }),
});

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 1],
  request: struct({ groups: array(string) }),
  response: struct({
    throttleTimeMs: int32,
    results: array(struct({ groupId: string, errorCode: int16 })),
  }),
});

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: struct({
    groupId: string,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32 })) })),
  }),
  response: struct({
    errorCode: int16,
    throttleTimeMs: int32,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, errorCode: int16 })) })),
  }),
});
