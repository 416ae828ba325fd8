import { topics } from '@florin/contracts';
import { deadLetter } from './dead-letter.js';

const failure = {
  topic: topics.payments.name,
  partition: 3,
  offset: '42',
  group: 'notifications',
  reason: 'handler',
  error: new TypeError('cannot read "Anna Rossi" of undefined\n    at somewhere'),
  attempts: 5,
  firstFailedAt: new Date('2026-11-21T10:00:00.000Z'),
} as const;

describe('deadLetter', () => {
  it('is the message as it came, with where it was and why it failed, without quoted values', () => {
    const message = {
      key: Buffer.from('k'),
      value: Buffer.from('{}'),
      headers: { ce_id: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from('b')], none: undefined },
    };
    expect(deadLetter(message, failure)).toEqual({
      topic: 'florin.payments.payments.dlq',
      key: message.key,
      value: message.value,
      headers: {
        ce_id: Buffer.from('1'),
        twice: Buffer.from('a'),
        dlq_topic: topics.payments.name,
        dlq_partition: '3',
        dlq_offset: '42',
        dlq_group: 'notifications',
        dlq_reason: 'handler',
        dlq_error: 'TypeError',
        dlq_message: 'cannot read "…" of undefined',
        dlq_attempts: '5',
        dlq_first_failed_at: '2026-11-21T10:00:00.000Z',
      },
    });
  });

  it('leaves out a value that would not fit beside the headers', () => {
    const letter = deadLetter({ key: null, value: Buffer.alloc(1_000_000) }, failure);
    expect(letter.value).toBeNull();
    expect(letter.headers['dlq_value_omitted']).toBe('true');
  });
});
