import { message, type DecodedMessage } from '../protobuf/tables.js';

/**
 * The messages of EventStoreDB's public protocol as tables, names and numbers as published; only what this server
 * reads or writes. Messages of the same shape (request options, positions) are declared once.
 */

export const empty = message({});

export const uuid = message({
  structured: [1, message({ mostSignificant: [1, 'int64'], leastSignificant: [2, 'int64'] })],
  text: [2, 'bytes'],
});
export type Uuid = DecodedMessage<typeof uuid>;

export const streamIdentifier = message({ streamName: [3, 'bytes'] });

const position = message({ commitPosition: [1, 'uint64'], preparePosition: [2, 'uint64'] });

export const metadataEntry = message({ key: [1, 'string'], value: [2, 'string'] });

/** The expected revision of an append, a delete or a tombstone. */
const expectation = {
  streamIdentifier: [1, streamIdentifier],
  revision: [2, 'uint64'],
  noStream: [3, 'empty'],
  any: [4, 'empty'],
  streamExists: [5, 'empty'],
} as const;
const expectationOptions = message(expectation);
export type ExpectationOptions = DecodedMessage<typeof expectationOptions>;

export const proposedMessage = message({
  id: [1, uuid],
  metadata: [2, [metadataEntry]],
  customMetadata: [3, 'bytes'],
  data: [4, 'bytes'],
});
export type ProposedMessage = DecodedMessage<typeof proposedMessage>;

export const appendReq = message({
  options: [1, expectationOptions],
  proposedMessage: [2, proposedMessage],
});

const appendSuccess = message({
  currentRevision: [1, 'uint64'],
  noStream: [2, 'empty'],
  position: [3, position],
  noPosition: [4, 'empty'],
});

export const appendResp = message({
  success: [1, appendSuccess],
  wrongExpectedVersion: [
    2,
    message({
      currentRevision: [6, 'uint64'],
      currentNoStream: [7, 'empty'],
      expectedRevision: [8, 'uint64'],
      expectedAny: [9, 'empty'],
      expectedStreamExists: [10, 'empty'],
      expectedNoStream: [11, 'empty'],
    }),
  ],
});

export const batchAppendReq = message({
  correlationId: [1, 'bytes'],
  options: [
    2,
    message({ ...expectation, deadline: [6, message({ seconds: [1, 'uint64'], nanos: [2, 'uint64'] })] }),
  ],
  proposedMessages: [3, [proposedMessage]],
  isFinal: [4, 'bool'],
});
export type BatchAppendReq = DecodedMessage<typeof batchAppendReq>;

/** google.protobuf.Any */
const any = message({ typeUrl: [1, 'string'], value: [2, 'bytes'] });

/** google.rpc.Status */
const status = message({ code: [1, 'uint64'], message: [2, 'string'], details: [3, any] });

export const batchAppendResp = message({
  correlationId: [1, 'bytes'],
  error: [2, status],
  success: [3, appendSuccess],
  streamIdentifier: [4, streamIdentifier],
  streamPosition: [5, 'uint64'],
  noStream: [6, 'empty'],
  any: [7, 'empty'],
  streamExists: [8, 'empty'],
});

/** The details of a refused batch append, by the type name that their `Any` carries. */
export const errorDetails = {
  wrongExpectedVersion: message({
    currentStreamRevision: [1, 'uint64'],
    currentNoStream: [2, 'empty'],
    expectedStreamPosition: [3, 'uint64'],
    expectedAny: [4, 'empty'],
    expectedStreamExists: [5, 'empty'],
    expectedNoStream: [6, 'empty'],
  }),
  streamDeleted: message({ streamIdentifier: [1, streamIdentifier] }),
  maximumAppendSizeExceeded: message({ maxAppendSize: [1, 'uint64'] }),
  badRequest: message({ message: [1, 'string'] }),
};

export const deleteReq = message({ options: [1, expectationOptions] });
export const deleteResp = message({ position: [1, position], noPosition: [2, 'empty'] });

const filterExpression = message({ regex: [1, 'string'], prefix: [2, ['string']] });

const filterOptions = message({
  streamIdentifier: [1, filterExpression],
  eventType: [2, filterExpression],
  max: [3, 'uint64'],
  count: [4, 'empty'],
  checkpointIntervalMultiplier: [5, 'uint64'],
});
export type FilterOptions = DecodedMessage<typeof filterOptions>;

const readOptions = message({
  stream: [
    1,
    message({
      streamIdentifier: [1, streamIdentifier],
      revision: [2, 'uint64'],
      start: [3, 'empty'],
      end: [4, 'empty'],
    }),
  ],
  all: [2, message({ position: [1, position], start: [2, 'empty'], end: [3, 'empty'] })],
  /** 0 forwards, 1 backwards. */
  readDirection: [3, 'uint64'],
  resolveLinks: [4, 'bool'],
  count: [5, 'uint64'],
  subscription: [6, 'empty'],
  filter: [7, filterOptions],
});
export type ReadOptions = DecodedMessage<typeof readOptions>;

export const readReq = message({ options: [1, readOptions] });

const recordedEvent = message({
  id: [1, uuid],
  streamIdentifier: [2, streamIdentifier],
  streamRevision: [3, 'uint64'],
  preparePosition: [4, 'uint64'],
  commitPosition: [5, 'uint64'],
  metadata: [6, [metadataEntry]],
  customMetadata: [7, 'bytes'],
  data: [8, 'bytes'],
});

export const readResp = message({
  event: [1, message({ event: [1, recordedEvent], commitPosition: [3, 'uint64'] })],
  confirmation: [2, message({ subscriptionId: [1, 'string'] })],
  checkpoint: [3, position],
  streamNotFound: [4, message({ streamIdentifier: [1, streamIdentifier] })],
  caughtUp: [8, 'empty'],
});

/** An event in such an answer, with those of its fields encoded that are the same in many. */
export const writtenReadResp = message({
  event: [
    1,
    message({
      event: [
        1,
        message({
          id: [1, uuid],
          streamIdentifier: [2, 'bytes'],
          streamRevision: [3, 'uint64'],
          preparePosition: [4, 'uint64'],
          commitPosition: [5, 'uint64'],
          metadata: [6, ['bytes']],
          customMetadata: [7, 'bytes'],
          data: [8, 'bytes'],
        }),
      ],
      commitPosition: [3, 'uint64'],
    }),
  ],
});

/** The same answer with its events left encoded, and the link by which one was found. */
export const encodedReadResp = message({
  event: [1, message({ event: [1, 'bytes'], link: [2, 'bytes'], commitPosition: [3, 'uint64'] })],
});

export const supportedMethods = message({
  methods: [
    1,
    [message({ methodName: [1, 'string'], serviceName: [2, 'string'], features: [3, ['string']] })],
  ],
  eventStoreServerVersion: [2, 'string'],
});

export const clusterInfo = message({
  members: [
    1,
    [
      message({
        instanceId: [1, uuid],
        timeStamp: [2, 'uint64'],
        state: [3, 'uint64'],
        isAlive: [4, 'bool'],
        httpEndPoint: [5, message({ address: [1, 'string'], port: [2, 'uint64'] })],
      }),
    ],
  ],
});
