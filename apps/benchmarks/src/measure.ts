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

/** How much `y` grows with `x`, by least squares; 0 for fewer than two different `x`. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return 0;
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** Nearest-rank percentile of latencies in ms, to a tenth. */
export function percentile(latenciesMs: number[], rank: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil((rank / 100) * sorted.length) - 1);
  return Math.round((sorted[Math.max(index, 0)] ?? 0) * 10) / 10;
}
