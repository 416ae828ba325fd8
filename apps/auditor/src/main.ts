import { once } from 'node:events';
import { outliveReader } from '@florin/configuration';
import { runAuditor } from './auditor.js';

for (const stream of [process.stdout, process.stderr]) outliveReader(stream);

process.exitCode = await runAuditor(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY,
  untilStopped: () => Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal))),
});
