import {
  api,
  array,
  bytes,
  int16,
  int32,
  int64,
  int8,
  nullableString,
  since,
  string,
  struct,
} from './codec.js';

/** Access rules and signing in. There is neither here: the tables are there to refuse in the form that clients can read. */

const rule = { principal: string, host: string, operation: int8, permission: int8 };
const filter = {
  resourceType: int8,
  resourceName: nullableString,
  patternType: since(1, int8),
  principal: nullableString,
  host: nullableString,
  operation: int8,
  permission: int8,
};
const refusal = { errorCode: int16, errorMessage: nullableString };

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [0, 1],
  request: struct(filter),
  response: struct({
    throttleTimeMs: int32,
    ...refusal,
    resources: array(
      struct({ type: int8, name: string, patternType: since(1, int8), acls: array(struct(rule)) }),
    ),
  }),
});

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [0, 1],
  request: struct({
    creations: array(
      struct({ resourceType: int8, resourceName: string, patternType: since(1, int8), ...rule }),
    ),
  }),
  response: struct({ throttleTimeMs: int32, results: array(struct(refusal)) }),
});

export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [0, 1],
  request: struct({ filters: array(struct(filter)) }),
  response: struct({
    throttleTimeMs: int32,
    results: array(
      struct({
        ...refusal,
        matches: array(
          struct({
            ...refusal,
            resourceType: int8,
            resourceName: string,
            patternType: since(1, int8),
            ...rule,
          }),
        ),
      }),
    ),
  }),
});

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: struct({ mechanism: string }),
  response: struct({ errorCode: int16, mechanisms: array(string) }),
});

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 1],
  request: struct({ authBytes: bytes }),
  response: struct({
    errorCode: int16,
    errorMessage: nullableString,
    authBytes: bytes,
    sessionLifetimeMs: since(1, int64),
  }),
});
