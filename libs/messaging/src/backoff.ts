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
  await pause(Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs), signal);
}

/** Waits for `ms`, if that is more than nothing; returns early when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
