import { matchesPattern } from './routes.js';

describe('matchesPattern', () => {
  it.each([
    ['/v1/payments', '/v1/payments', true],
    ['/v1/payments/:id', '/v1/payments/1', true],
    ['/v1/payments/:id', '/v1/payments/', false],
    ['/v1/payments/:id', '/v1/payments', false],
    ['/v1/payments/:id', '/v1/payments/1/2', false],
    ['/v1/:kind/:id', '/v1/payments/1', true],
    ['/', '/', true],
  ])('%s at %s: %s', (pattern, path, matches) => {
    expect(matchesPattern(pattern, path)).toBe(matches);
  });
});
