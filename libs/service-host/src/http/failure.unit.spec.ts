import { commonProblems } from '../problems.js';
import { UpstreamProblem } from './client.js';
import { problemOfFailure } from './failure.js';

const transient = Object.assign(new Error('the book is closed'), { transient: true });
const upstream = (status: number): Error => new UpstreamProblem(status, undefined, 'secret', undefined);

describe('a failure that nobody turned into a problem', () => {
  it.each<[string, unknown]>([
    ['an error that says it is transient', transient],
    ['one whose cause does', new Error('not written', { cause: transient })],
    ['one whose cause’s cause does', new Error('a', { cause: new Error('b', { cause: transient }) })],
    ['a lost connection', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    [
      'a query whose connection was lost',
      new Error('x', { cause: Object.assign(new Error('y'), { code: '57P01' }) }),
    ],
    ['a database that was killed', new Error('Connection terminated unexpectedly')],
    ['a database that takes no connection', new Error('timeout exceeded when trying to connect')],
    ...['53100', '57014', '58030'].map((code): [string, unknown] => [
      `a database whose disk is full, too slow, or fails (${code})`,
      new Error('x', { cause: Object.assign(new Error('y'), { code }) }),
    ]),
    ['a service that is not available', upstream(503)],
    ['a service with too much to do', upstream(429)],
    ['a service that waits for another', upstream(504)],
    ['an error caused by one', new Error('x', { cause: upstream(503) })],
  ])('is 503 and may be tried again: %s', (_, error) => {
    const problem = problemOfFailure(error);
    expect([problem.problem, problem.headers]).toEqual([commonProblems.unavailable, { 'retry-after': '1' }]);
    expect(problem.cause).toBe(error);
  });

  it.each([400, 401, 403, 404, 409, 422, 500, 502])('is 502: a service that answers %i', (status) => {
    const problem = problemOfFailure(upstream(status));
    expect(problem.problem).toBe(commonProblems['upstream-failed']);
    expect(problem.detail).not.toContain('secret');
  });

  it.each<[string, unknown]>([
    ['an error', new Error('secret')],
    ['one that says it is not transient', Object.assign(new Error('secret'), { transient: false })],
    ['no error', 'secret'],
    ['nothing', undefined],
  ])('is 500: %s', (_, error) => {
    const problem = problemOfFailure(error);
    expect(problem.problem).toBe(commonProblems.internal);
    expect(problem.detail).not.toContain('secret');
  });

  it('ends where causes go in a circle', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(problemOfFailure(circle).problem).toBe(commonProblems.internal);
  });
});
