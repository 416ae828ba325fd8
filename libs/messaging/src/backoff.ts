import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** Waits before another attempt (`failures` ≥ 1 so far), doubling each time; returns early when `signal` aborts. */
export async function backOff(
  { firstDelayMs, longestDelayMs }: Backoff,
  failures: number,
  signal: AbortSignal,
): Promise<void> {
  const delayMs = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
}
