import { ProblemError } from '@florin/service-host';
import { limit, RateLimiter } from './rate-limit.js';

describe('RateLimiter', () => {
  let now: number;
  const limiter = (perMinute: number, keys?: number): RateLimiter =>
    new RateLimiter('person', perMinute, () => now, keys);
  beforeEach(() => (now = 1_000_000));

  it('lets as many requests pass at once as fit into a minute, and no more', () => {
    const one = limiter(3);
    expect([1, 2, 3, 4].map(() => one.take('anna').allowed)).toEqual([true, true, true, false]);
    expect(one.take('bruno').allowed).toBe(true);
  });

  it('fills again evenly', () => {
    const one = limiter(60);
    for (let n = 0; n < 60; n += 1) one.take('anna');
    now += 999;
    expect(one.take('anna')).toEqual({ allowed: false, remaining: 0, resetSeconds: 1 });
    now += 1;
    expect(one.take('anna')).toEqual({ allowed: true, remaining: 0, resetSeconds: 60 });
    now += 3_600_000;
    expect(one.take('anna')).toEqual({ allowed: true, remaining: 59, resetSeconds: 1 });
  });

  it('is not filled by a clock that is set back', () => {
    const one = limiter(1);
    one.take('anna');
    now -= 600_000;
    expect(one.take('anna').allowed).toBe(false);
  });

  it('remembers a bounded number of keys', () => {
    const one = limiter(1, 2);
    for (const key of ['anna', 'bruno', 'anna', 'carla']) one.take(key);
    expect(one.take('anna').allowed).toBe(false);
    // Bruno was the one unused for longest, and forgotten.
    expect(one.take('bruno').allowed).toBe(true);
  });
});

describe('limit', () => {
  it('says what is left', () => {
    expect(limit(new RateLimiter('address', 120, () => 0), 'x')).toEqual({
      'ratelimit-policy': '"address";q=120;w=60',
      ratelimit: '"address";r=119;t=1',
    });
  });

  it('is a 429 problem that says when to come back', () => {
    const one = new RateLimiter('address', 1, () => 0);
    limit(one, 'x');
    const refusal = refusalOf(() => limit(one, 'x'));
    expect(refusal.problem.status).toBe(429);
    expect(refusal.headers).toEqual({
      'retry-after': '60',
      'ratelimit-policy': '"address";q=1;w=60',
      ratelimit: '"address";r=0;t=60',
    });
  });
});

function refusalOf(take: () => unknown): ProblemError {
  try {
    take();
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error('not refused');
}
