import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Runs `measure` with the address, and the process, of an embedded engine of its own, or with the server that `given` names. */
export async function withEngine<T>(
  which: 'event-store' | 'broker',
  given: string | undefined,
  measure: (address: string, pid?: number) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return measure(given);
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-bench-'));
  const engine = fork(fileURLToPath(new URL('./engine.js', import.meta.url)), [which, dataDir]);
  const ended = once(engine, 'exit');
  try {
    const address = await Promise.race([
      once(engine, 'message').then(([message]) => String(message)),
      ended.then(() => Promise.reject(new Error(`the ${which} did not start`))),
    ]);
    return await measure(address, engine.pid);
  } finally {
    if (engine.connected) engine.disconnect();
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}
