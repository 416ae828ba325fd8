import { outliveReader } from '@florin/configuration';
import { runTopics } from './topics.js';

for (const stream of [process.stdout, process.stderr]) outliveReader(stream);

process.exitCode = await runTopics(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
