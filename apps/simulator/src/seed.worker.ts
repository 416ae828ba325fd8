import { parentPort } from 'node:worker_threads';
import type { Task } from './pool.js';
import { report } from './report.js';
import { runSeed } from './run/run.js';

// What throws here ends the thread, and is told by its `error`.
parentPort?.on('message', ({ seed, commands }: Task) => {
  void runSeed(seed, commands)
    .then(report)
    .then((done) => parentPort?.postMessage(done));
});
