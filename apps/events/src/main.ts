import { outliveReader } from '@florin/configuration';
import { printEvents } from './events.js';

const ending = new AbortController();
const end = () => ending.abort();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
// `| head` reads a few lines and closes the pipe.
for (const stream of [process.stdout, process.stderr]) outliveReader(stream, end);

process.exitCode = await printEvents(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: ending.signal,
});
