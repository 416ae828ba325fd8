import { setTimeout as sleep } from 'node:timers/promises';

const intervalMs = 50;

/** Repeats `check` until it no longer throws, and gives its result; throws what it threw last after `withinMs`. */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  withinMs = 30_000,
): Promise<Result> {
  for (const until = performance.now() + withinMs; ; await sleep(intervalMs)) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}
