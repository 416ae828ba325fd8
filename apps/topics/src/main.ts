import { runTopics } from './topics.js';

process.exitCode = await runTopics(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
