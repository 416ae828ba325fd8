import { inParallel } from '@florin/testing';

/** Calls `work` with 0, 1, 2 … below `count`, so many at a time; answers how long it all took, in seconds. */
export async function timed(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  const startedAt = performance.now();
  await inParallel(count, atOnce, work);
  return (performance.now() - startedAt) / 1000;
}

/** Nearest-rank percentile of latencies in ms, to a tenth. */
export function percentile(latenciesMs: number[], rank: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil((rank / 100) * sorted.length) - 1);
  return Math.round((sorted[Math.max(index, 0)] ?? 0) * 10) / 10;
}
