import { availableParallelism, cpus, totalmem } from 'node:os';

/** What a figure was measured on; without it a figure says nothing. */
export function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** Nearest-rank percentile of latencies in ms, to a tenth. */
export function percentile(latenciesMs: number[], rank: number): number {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil((rank / 100) * sorted.length) - 1);
  return Math.round((sorted[Math.max(index, 0)] ?? 0) * 10) / 10;
}
