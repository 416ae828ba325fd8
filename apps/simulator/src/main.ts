import { outliveReader } from '@florin/configuration';
import { inThreads } from './pool.js';
import { simulate } from './simulate.js';

for (const stream of [process.stdout, process.stderr]) outliveReader(stream);

process.exitCode = await simulate(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  nowMs: Date.now,
  run: inThreads,
});
