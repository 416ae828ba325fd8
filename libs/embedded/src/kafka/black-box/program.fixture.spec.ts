import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Whether a program can be started here. */
export function isInstalled(program: string, versionOption: string): boolean {
  return spawnSync(program, [versionOption], { stdio: 'ignore' }).status === 0;
}

/** `describe` for examples that need something which is not everywhere: where it is missing they count as skipped, never as passed. */
export function describeWhere(isThere: boolean): typeof describe {
  return isThere ? describe : xdescribe;
}

/** Runs a program to its end and returns what it printed; throws, with all that it said, when it ends with an error. */
export async function run(program: string, options: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, options, { stdio: 'pipe', timeout: 60_000, killSignal: 'SIGKILL' });
  const ended = once(child, 'close');
  child.stdin.end(input);
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = (await ended) as [number | null, string | null];
  if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}: ${printed} ${complaints}`);
  return printed;
}
