import { ProblemError } from '../problems.js';
import { idempotencyKey, preferWaitSeconds } from './headers.js';

const problemOf = (value: string | undefined): string | undefined => {
  try {
    idempotencyKey({ 'idempotency-key': value });
  } catch (error) {
    if (error instanceof ProblemError) return error.problem.type.split('/').at(-1);
    throw error;
  }
  return undefined;
};

describe('idempotencyKey', () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['  "k"  ', 'k'],
    ['"a\\"b"', 'a"b'],
    ['"a\\\\b"', 'a\\b'],
    ['k'.repeat(128), 'k'.repeat(128)],
  ])('takes %s', (header, key) => {
    expect(idempotencyKey({ 'idempotency-key': header })).toBe(key);
  });

  it.each([undefined, ''])('misses %j', (header) =>
    expect(problemOf(header)).toBe('idempotency-key-missing'),
  );

  it.each(['""', '"open', 'a b', '"a b"', 'ключ', 'k'.repeat(129), '"a\\n"', '  '])('refuses %j', (header) =>
    expect(problemOf(header)).toBe('idempotency-key-invalid'),
  );
});

describe('preferWaitSeconds', () => {
  it.each([
    ['wait=5', 5],
    ['WAIT = 5', 5],
    ['respond-async, wait=10', 10],
    ['wait="3"; x=y', 3],
    ['wait=3600', 30],
    ['wait=0', 0],
    [`wait=${'9'.repeat(400)}`, 30],
    ['wait=-1', undefined],
    ['wait=soon', undefined],
    ['wait=5s', undefined],
    ['wait="5', undefined],
    ['wait=', undefined],
    ['wait', undefined],
    ['await=5', undefined],
    ['respond-async', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j is %j', (prefer, seconds) => {
    expect(preferWaitSeconds({ prefer }, 30)).toBe(seconds);
  });
});
