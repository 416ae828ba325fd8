import {
  api,
  array,
  boolean,
  int16,
  int32,
  int64,
  int8,
  nullableArray,
  nullableString,
  since,
  string,
  struct,
} from './codec.js';

/** What a client asks before anything else: what the broker speaks, who leads what, who coordinates, a producer id. */

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 2],
  request: struct({}),
  response: struct({
    errorCode: int16,
    apis: array(struct({ key: int16, min: int16, max: int16 })),
    throttleTimeMs: since(1, int32),
  }),
});

export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 8],
  request: struct({
    /** Null asks for every topic, and so does an empty list in version 0. */
    topics: nullableArray(string),
    allowAutoTopicCreation: since(4, boolean),
    includeClusterOperations: since(8, boolean),
    includeTopicOperations: since(8, boolean),
  }),
  response: struct({
    throttleTimeMs: since(3, int32),
    brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullableString) })),
    clusterId: since(2, nullableString),
    controllerId: since(1, int32),
    topics: array(
      struct({
        errorCode: int16,
        name: string,
        isInternal: since(1, boolean),
        partitions: array(
          struct({
            errorCode: int16,
            index: int32,
            leaderId: int32,
            leaderEpoch: since(7, int32),
            replicas: array(int32),
            inSyncReplicas: array(int32),
            offlineReplicas: since(5, array(int32)),
          }),
        ),
        operations: since(8, int32),
      }),
    ),
    clusterOperations: since(8, int32),
  }),
});

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 2],
  request: struct({ key: string, keyType: since(1, int8) }),
  response: struct({
    throttleTimeMs: since(1, int32),
    errorCode: int16,
    errorMessage: since(1, nullableString),
    nodeId: int32,
    host: string,
    port: int32,
  }),
});

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 1],
  request: struct({ transactionalId: nullableString, transactionTimeoutMs: int32 }),
  response: struct({ throttleTimeMs: int32, errorCode: int16, producerId: int64, producerEpoch: int16 }),
});
