import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** Nothing of the caller's environment (PGDATA, PGPORT, locales) gets to the programs. */
export const programEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program to its end, or ours; rejects with what it wrote when its exit code is not 0, or it took too long. */
export async function runProgram([program, ...args]: readonly string[], timeoutMs: number): Promise<void> {
  if (program === undefined) throw new Error('There is no program to run.');
  const running = promisify(execFile)(program, args, { env: programEnvironment, timeout: timeoutMs });
  const end = () => running.child.kill();
  process.once('exit', end);
  await running.finally(() => process.off('exit', end));
}

/**
 * Starts the server and stops it when standard input ends, which the kernel sees to however this process ends: so a
 * kill -9 of ours leaves no PostgreSQL behind. SIGINT is its fast shutdown.
 */
const watchdog = `exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ read -r _; kill -INT "$server" 2>/dev/null; } <&3 &
reader=$!
exec 3<&- </dev/null
wait "$server"
status=$?
kill "$reader" 2>/dev/null
exit "$status"`;

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const keptLines = 30;

export interface ServerProcess {
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** The server ended before it was ready. The message holds what it said. */
export class ServerStartError extends Error {
  readonly portInUse: boolean;
  /** Processes of a killed server still hold its shared memory; they end by themselves within moments. */
  readonly predecessorEnding: boolean;

  constructor(lines: readonly string[]) {
    const output = lines.join('\n');
    super(`PostgreSQL did not start:\n${output}`);
    this.portInUse = output.includes('Address already in use');
    this.predecessorEnding = output.includes('pre-existing shared memory block');
  }
}

/** Resolves when the server accepts connections. `command` is the program with its arguments; `cluster` its data. */
export async function startServerProcess(
  command: readonly string[],
  cluster: string,
  onLine: (line: string) => void,
): Promise<ServerProcess> {
  const child = spawn('/bin/sh', ['-c', watchdog, 'florin-postgres', ...command], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Its own process group: Ctrl-C in a terminal must reach the services before their database.
    detached: true,
    env: programEnvironment,
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Writing to a watchdog that is gone is no error: its end is what `exited` tells.
  child.stdin?.on('error', () => undefined);
  await untilReady(child, exited, onLine);
  return { exited, stop: () => stop(child, exited, cluster) };
}

function untilReady(
  child: ChildProcess,
  exited: Promise<void>,
  onLine: (line: string) => void,
): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = () => reject(new ServerStartError(lines));
    const timer = setTimeout(() => {
      lines.push(`It was not ready after ${startTimeoutMs / 1000} s.`);
      child.stdin?.end();
      fail();
    }, startTimeoutMs);
    if (child.stderr === null) throw new Error('PostgreSQL was started without its log output.');
    createInterface({ input: child.stderr }).on('line', (line) => {
      onLine(line);
      if (lines.push(line) > keptLines) lines.shift();
      if (!line.includes('database system is ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('error', reject);
    void exited.then(() => {
      clearTimeout(timer);
      fail();
    });
  });
}

async function stop(child: ChildProcess, exited: Promise<void>, cluster: string): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => {
    // SIGQUIT ends it at once; the next start replays the write-ahead log.
    const pid = readLockFile(cluster)?.pid;
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
  }, stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}

export interface LockFile {
  readonly pid: number;
  readonly stopping: boolean;
}

/** What `postmaster.pid` says, if there is one. */
export function readLockFile(cluster: string): LockFile | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), stopping: lines[7]?.trim() === 'stopping' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
