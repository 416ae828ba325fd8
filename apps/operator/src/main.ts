import { outliveReader } from '@florin/configuration';
import { runOperator } from './operator.js';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
for (const stream of [process.stdout, process.stderr]) outliveReader(stream);

process.exitCode = await runOperator(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: ending.signal,
});
