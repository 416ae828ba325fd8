import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { notReady, reasonOf } from './not-ready.js';

describe('the reason why Kafka cannot be used', () => {
  const refused = new KafkaJSConnectionError('connect ECONNREFUSED 10.0.0.1:9092', { code: 'ECONNREFUSED' });

  it.each([
    ['nothing happened yet', undefined, 'not connected'],
    ['the network', refused, 'ECONNREFUSED'],
    [
      'the network, in the end',
      new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 5, retryTime: 1_000 }),
      'ECONNREFUSED',
    ],
    [
      'the protocol',
      new KafkaJSProtocolError({
        name: 'KafkaJSProtocolError',
        message: '',
        type: 'GROUP_AUTHORIZATION_FAILED',
      } as never),
      'GROUP_AUTHORIZATION_FAILED',
    ],
    ['anything else', new TypeError('at 10.0.0.1'), 'TypeError'],
  ])('%s', (_, error, reason) => expect(reasonOf(error)).toBe(reason));

  it('is a code, which readiness shows', () => {
    expect(notReady('consumer wallet is not in its group', 'ECONNREFUSED')).toMatchObject({
      message: 'consumer wallet is not in its group',
      code: 'ECONNREFUSED',
    });
  });
});
