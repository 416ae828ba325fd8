import { startStack } from '@florin/local-stack';
import { ApiClient } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditLedger } from './audit.js';
import { playStory } from './story.js';
import { Transcript } from './transcript.js';

/** `npm run demo [-- --json]`: an ephemeral stack, the story over the public API, the audit; exit code 0 only if all is as it should be. */
async function main(): Promise<void> {
  const json = process.argv.slice(2).includes('--json');
  const startedAt = performance.now();
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-demo-'));
  const transcript = new Transcript();
  transcript.say('Starting Florin on an ephemeral set of engines ...');
  // Fifty people arrive at once from one address: what the limits on the public routes are there to stop.
  const limits = { RATE_LIMIT_PUBLIC_PER_MINUTE: '100000', RATE_LIMIT_PER_PERSON_PER_MINUTE: '100000' };
  const stack = await startStack({ dataDir, ports: 'free', env: { gateway: limits } });
  const api = new ApiClient(stack.gatewayUrl);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
    }
  });
  try {
    const played = (async () => {
      const story = await playStory({ stack, api, transcript });
      return auditLedger({ stack, story, transcript });
    })();
    const audit = await Promise.race([played, interrupted]);
    transcript.close();
    if (json) {
      console.log(JSON.stringify({ ...audit, elapsedMs: Math.round(performance.now() - startedAt) }));
    }
  } finally {
    await api.close();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  if (transcript.failures > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
