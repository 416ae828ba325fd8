import { z } from 'zod';
import { ProblemError } from '../problems.js';
import { parseInput } from './validation.js';

const schema = z.strictObject({
  amount: z.strictObject({ value: z.int('must be a whole number').positive('must be greater than zero') }),
  note: z.string().max(5, 'is too long').optional(),
  'a/b': z.string(),
});

function problem(value: unknown): ProblemError {
  try {
    parseInput(schema, value, 'body');
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseInput', () => {
  it('gives what the schema makes of the value', () => {
    const value = { amount: { value: 1 }, 'a/b': 'x' };
    expect(parseInput(schema, value, 'body')).toEqual(value);
  });

  it('names every mistake by a pointer and a sentence', () => {
    const { extensions, problem: definition } = problem({
      amount: { value: 12.5 },
      note: 'longer',
      extra: 1,
    });
    expect(definition.status).toBe(400);
    expect(extensions).toEqual({
      in: 'body',
      errors: [
        { pointer: '/amount/value', detail: 'must be a whole number' },
        { pointer: '/note', detail: 'is too long' },
        { pointer: '/a~1b', detail: 'is missing' },
        { pointer: '/extra', detail: 'is not known here' },
      ],
    });
  });

  it('says the first mistake in the sentence for people', () => {
    expect(problem({ amount: { value: 0 }, 'a/b': '' }).detail).toBe(
      'One value in the body cannot be used: /amount/value must be greater than zero.',
    );
  });

  it('asks for a body where there is none', () => {
    expect(problem(undefined).detail).toBe('The request needs a JSON body.');
  });
});
