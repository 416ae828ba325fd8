import {
  api,
  array,
  boolean,
  int16,
  int32,
  int8,
  nullableArray,
  nullableString,
  since,
  string,
  struct,
  until,
} from './codec.js';

/** Administration of topics and their configuration. */

const topicResult = struct({ name: string, errorCode: int16, errorMessage: nullableString });

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 4],
  request: struct({
    topics: array(
      struct({
        name: string,
        /** -1 asks for the broker's default (version 4) or goes with explicit assignments. */
        partitions: int32,
        replicationFactor: int16,
        assignments: array(struct({ partition: int32, brokers: array(int32) })),
        configs: array(struct({ name: string, value: nullableString })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: since(1, boolean),
  }),
  response: struct({
    throttleTimeMs: since(2, int32),
    topics: array(struct({ name: string, errorCode: int16, errorMessage: since(1, nullableString) })),
  }),
});

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 3],
  request: struct({ names: array(string), timeoutMs: int32 }),
  response: struct({
    throttleTimeMs: since(1, int32),
    topics: array(struct({ name: string, errorCode: int16 })),
  }),
});

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 1],
  request: struct({
    topics: array(
      struct({
        name: string,
        /** The new total, not the increase. */
        count: int32,
        assignments: nullableArray(struct({ brokers: array(int32) })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: boolean,
  }),
  response: struct({ throttleTimeMs: int32, topics: array(topicResult) }),
});

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 3],
  request: struct({
    resources: array(struct({ type: int8, name: string, configNames: nullableArray(string) })),
    includeSynonyms: since(1, boolean),
    includeDocumentation: since(3, boolean),
  }),
  response: struct({
    throttleTimeMs: int32,
    resources: array(
      struct({
        errorCode: int16,
        errorMessage: nullableString,
        type: int8,
        name: string,
        configs: array(
          struct({
            name: string,
            value: nullableString,
            readOnly: boolean,
            isDefault: until(0, boolean),
            source: since(1, int8),
            isSensitive: boolean,
            synonyms: since(1, array(struct({ name: string, value: nullableString, source: int8 }))),
            type: since(3, int8),
            documentation: since(3, nullableString),
          }),
        ),
      }),
    ),
  }),
});

const alteredResource = struct({ errorCode: int16, errorMessage: nullableString, type: int8, name: string });

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 1],
  request: struct({
    /** All that is set from now on: what is not named goes back to its default. */
    resources: array(
      struct({
        type: int8,
        name: string,
        configs: array(struct({ name: string, value: nullableString })),
      }),
    ),
    validateOnly: boolean,
  }),
  response: struct({ throttleTimeMs: int32, resources: array(alteredResource) }),
});

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 0],
  request: struct({
    resources: array(
      struct({
        type: int8,
        name: string,
        /** 0 sets, 1 deletes; 2 and 3 add to and take from a list. */
        configs: array(struct({ name: string, operation: int8, value: nullableString })),
      }),
    ),
    validateOnly: boolean,
  }),
  response: struct({ throttleTimeMs: int32, resources: array(alteredResource) }),
});
