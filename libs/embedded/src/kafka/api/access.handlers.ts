import type { Broker } from '../broker.js';
import type * as wire from '../wire/access.api.js';
import type { RequestOf, ResponseOf } from '../wire/codec.js';
import { errors } from '../wire/errors.js';

/** What Apache Kafka answers, too, where no authorizer is configured. */
const refusal = {
  errorCode: errors.SECURITY_DISABLED,
  errorMessage: 'the embedded broker has no access rules',
};

export function describeAcls(): ResponseOf<typeof wire.describeAcls> {
  return { throttleTimeMs: 0, ...refusal, resources: [] };
}

export function createAcls(
  _broker: Broker,
  { creations }: RequestOf<typeof wire.createAcls>,
): ResponseOf<typeof wire.createAcls> {
  return { throttleTimeMs: 0, results: creations.map(() => refusal) };
}

export function deleteAcls(
  _broker: Broker,
  { filters }: RequestOf<typeof wire.deleteAcls>,
): ResponseOf<typeof wire.deleteAcls> {
  return { throttleTimeMs: 0, results: filters.map(() => ({ ...refusal, matches: [] })) };
}

/** Nobody signs in here: the answer of an Apache Kafka to who signs in at a port that does not ask for it. */
export function saslHandshake(): ResponseOf<typeof wire.saslHandshake> {
  return { errorCode: errors.ILLEGAL_SASL_STATE, mechanisms: [] };
}

export function saslAuthenticate(): ResponseOf<typeof wire.saslAuthenticate> {
  return {
    errorCode: errors.ILLEGAL_SASL_STATE,
    errorMessage: 'nobody signs in at the embedded broker',
    authBytes: Buffer.alloc(0),
    sessionLifetimeMs: 0,
  };
}
