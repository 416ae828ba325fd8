import {
  api,
  array,
  int16,
  int32,
  int64,
  int8,
  nullableBytes,
  nullableString,
  since,
  string,
  struct,
} from './codec.js';

/** Producing, fetching and finding records. */

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 8],
  request: struct({
    transactionalId: nullableString,
    acks: int16,
    timeoutMs: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, records: nullableBytes })),
      }),
    ),
  }),
  response: struct({
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64,
            logStartOffset: since(5, int64),
            recordErrors: since(8, array(struct({ batchIndex: int32, message: nullableString }))),
            errorMessage: since(8, nullableString),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32,
  }),
});

export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 11],
  request: struct({
    replicaId: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32,
    isolationLevel: int8,
    sessionId: since(7, int32),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            leaderEpoch: since(9, int32, -1),
            offset: int64,
            logStartOffset: since(5, int64, -1),
            maxBytes: int32,
          }),
        ),
      }),
    ),
    forgottenTopics: since(7, array(struct({ name: string, partitions: array(int32) }))),
    rackId: since(11, string),
  }),
  response: struct({
    throttleTimeMs: int32,
    errorCode: since(7, int16),
    sessionId: since(7, int32),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64,
            logStartOffset: since(5, int64),
            abortedTransactions: array(struct({ producerId: int64, firstOffset: int64 })),
            preferredReadReplica: since(11, int32),
            records: nullableBytes,
          }),
        ),
      }),
    ),
  }),
});

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 5],
  request: struct({
    replicaId: int32,
    isolationLevel: since(2, int8),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, leaderEpoch: since(4, int32, -1), timestamp: int64 })),
      }),
    ),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            errorCode: int16,
            timestamp: int64,
            offset: int64,
            leaderEpoch: since(4, int32),
          }),
        ),
      }),
    ),
  }),
});

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 1],
  request: struct({
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, offset: int64 })) })),
    timeoutMs: int32,
  }),
  response: struct({
    throttleTimeMs: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, lowWatermark: int64, errorCode: int16 })),
      }),
    ),
  }),
});
