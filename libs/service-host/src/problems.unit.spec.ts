import {
  commonProblems,
  defineProblems,
  marketClosed,
  problemAnswer,
  ProblemError,
  problemOfStatus,
} from './problems.js';

describe('problems', () => {
  it('get a stable type from their code', () => {
    expect(defineProblems({ 'insufficient-funds': { title: 'Not enough money', status: 422 } })).toEqual({
      'insufficient-funds': {
        type: 'https://florin.dev/problems/insufficient-funds',
        title: 'Not enough money',
        status: 422,
      },
    });
  });

  it('are sent with their detail, extensions, trace and headers', () => {
    const extensions = { paymentId: '1' };
    const error = new ProblemError(commonProblems['not-found'], 'There is no such payment.', extensions, {
      'retry-after': '1',
    });
    const { status, headers, body } = problemAnswer(error, 'abc');
    expect(status).toBe(404);
    expect(headers).toEqual({
      'retry-after': '1',
      'cache-control': 'no-store',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(JSON.parse(body)).toEqual({
      type: 'https://florin.dev/problems/not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is no such payment.',
      paymentId: '1',
      traceId: 'abc',
    });
  });

  it.each([
    [404, 'not-found'],
    [415, 'unsupported-media-type'],
    [418, 'invalid-request'],
    [422, 'invalid-request'],
    [500, 'internal'],
    [599, 'internal'],
  ] as const)('of status %d is %s', (status, code) => {
    expect(problemOfStatus(status)).toBe(commonProblems[code]);
  });

  it('name the market that is not open', () => {
    expect(marketClosed('in')).toMatchObject({
      problem: commonProblems['market-closed'],
      detail: 'The market "in" is not open.',
    });
  });

  it('have types of their own', () => {
    const types = Object.values(commonProblems).map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
  });
});
