import { z } from 'zod';
import { ProblemError } from '../problems.js';
import { parseInput } from './validation.js';

const schema = z.strictObject({
  amount: z.strictObject({ value: z.int('must be a whole number').positive('must be greater than zero') }),
  note: z.string().max(5, 'is too long').optional(),
  'a/b': z.string(),
});

const mistake = (problem: string) => ({ error: 'is zero', params: { problem } });

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

  it('is of the type that all its mistakes share', () => {
    const coded = z.strictObject({ amount: z.number().refine((n) => n > 0, mistake('amount-zero')) });
    const refused = (value: unknown) => {
      try {
        parseInput(coded, value, 'body');
      } catch (error) {
        return error as ProblemError;
      }
      throw new Error('accepted');
    };
    expect(refused({ amount: 0 })).toMatchObject({
      problem: { type: 'https://florin.dev/problems/amount-zero', status: 400 },
      extensions: { errors: [{ pointer: '/amount', detail: 'is zero', code: 'amount-zero' }] },
    });
    expect(refused({ amount: 0, extra: 1 }).problem.type).toBe('https://florin.dev/problems/invalid-request');
  });

  it('does not take a code that is none of ours', () => {
    const coded = z.number().refine((n) => n > 0, mistake('constructor'));
    expect(() => parseInput(coded, 0, 'body')).toThrow(
      expect.objectContaining({ extensions: { in: 'body', errors: [{ pointer: '', detail: 'is zero' }] } }),
    );
  });

  it('asks for a body where there is none', () => {
    expect(problem(undefined).detail).toBe('The request needs a JSON body.');
  });
});
