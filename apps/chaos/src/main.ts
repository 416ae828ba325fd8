import { outliveReader } from '@florin/configuration';
import { chaos } from './chaos.js';
import { run } from './run.js';

for (const stream of [process.stdout, process.stderr]) outliveReader(stream);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

try {
  process.exitCode = await chaos(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: interruption.signal,
    run,
  });
} catch (error) {
  process.stderr.write(
    `The run failed, which says nothing of the product: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
