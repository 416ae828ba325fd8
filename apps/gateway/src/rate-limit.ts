import { commonProblems, ProblemError } from '@florin/service-host';

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** What is left to somebody after a request. */
export interface Allowance {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Seconds until the bucket is full again, or, where nothing is left, until the next request. */
  readonly resetSeconds: number;
}

/**
 * A token bucket for each key: `perMinute` requests at once at most, and as many per minute over time. Remembers at
 * most `keys` keys; the one unused for longest is forgotten first and starts with a full bucket again.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #perMs: number;

  constructor(
    /** Name of the policy, as the headers show it. */
    readonly name: string,
    readonly perMinute: number,
    private readonly now: () => number = Date.now,
    private readonly keys = 100_000,
  ) {
    this.#perMs = perMinute / 60_000;
  }

  take(key: string): Allowance {
    const bucket = this.#bucket(key);
    const allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    const missing = allowed ? this.perMinute - bucket.tokens : 1 - bucket.tokens;
    return {
      allowed,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.max(1, Math.ceil(missing / this.#perMs / 1_000)),
    };
  }

  #bucket(key: string): Bucket {
    const now = this.now();
    const known = this.#buckets.get(key);
    this.#buckets.delete(key);
    const bucket = known ?? { tokens: this.perMinute, filledAt: now };
    // A clock that was set back fills nothing.
    bucket.tokens = Math.min(
      this.perMinute,
      bucket.tokens + Math.max(0, now - bucket.filledAt) * this.#perMs,
    );
    bucket.filledAt = now;
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.keys) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }
}

/** Takes one request from the allowance of `key`; returns the headers that say what is left, or throws a 429 problem. */
export function limit(limiter: RateLimiter, key: string): Record<string, string> {
  const { allowed, remaining, resetSeconds } = limiter.take(key);
  // draft-ietf-httpapi-ratelimit-headers-10
  const headers = {
    'ratelimit-policy': `"${limiter.name}";q=${limiter.perMinute};w=60`,
    ratelimit: `"${limiter.name}";r=${remaining};t=${resetSeconds}`,
  };
  if (allowed) return headers;
  throw new ProblemError(
    commonProblems['rate-limited'],
    `At most ${limiter.perMinute} requests a minute are possible here; try again in ${resetSeconds} s.`,
    {},
    { ...headers, 'retry-after': String(resetSeconds) },
  );
}
