import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedReport } from './report.js';

/** What a worker is asked for. */
export interface Task {
  readonly seed: number;
  readonly commands: number;
}

/**
 * Runs seeds in as many threads as there are cores, and hands over the report of each, in the order in which they end. `more`
 * is asked for each seed in turn; where it answers no, no other is begun.
 */
export async function inThreads(
  tasks: readonly Task[],
  onReport: (report: SeedReport) => void,
  more: () => boolean,
): Promise<void> {
  const left = tasks.toReversed();
  const threads = Math.min(availableParallelism(), tasks.length);
  await Promise.all(Array.from({ length: threads }, () => oneThread(left, onReport, more)));
}

function oneThread(left: Task[], onReport: (report: SeedReport) => void, more: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./seed.worker.js', import.meta.url));
    const next = (): void => {
      const task = more() ? left.pop() : undefined;
      if (task === undefined) worker.terminate().then(() => resolve(), reject);
      else worker.postMessage(task);
    };
    worker.on('message', (report: SeedReport) => {
      onReport(report);
      next();
    });
    worker.on('error', reject);
    next();
  });
}
