import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another live process (or this one) already serves the folder. */
export class DataDirInUse extends Error {
  override name = 'DataDirInUse';
}

const LOCK_FILE = /^broker\.lock\.(\d+)$/;

/**
 * Makes this process the only one to open `dataDir`; returns how to let go. The lock is a file that names its holder; each
 * taker links the next number, which one alone can do, so that two takers of a dead holder's lock cannot both win. A released
 * lock is an empty file: numbers only grow.
 *
 * @throws DataDirInUse while the holder lives.
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const newest = lockNumbers(dataDir).at(-1) ?? 0;
  const holder = newest === 0 ? undefined : readHolder(lockPath(dataDir, newest));
  if (holder && isAlive(holder)) throw inUse(dataDir, holder);

  const mine = lockPath(dataDir, newest + 1);
  const draft = join(dataDir, `broker.lock-draft.${process.pid}`);
  writeFileSync(draft, JSON.stringify(thisProcess()));
  try {
    linkSync(draft, mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw inUse(dataDir, readHolder(mine));
  } finally {
    rmSync(draft, { force: true });
  }

  const numbers = lockNumbers(dataDir);
  if (numbers.at(-1) !== newest + 1) {
    rmSync(mine, { force: true });
    throw inUse(dataDir, undefined);
  }
  for (const old of numbers.slice(0, -1)) rmSync(lockPath(dataDir, old), { force: true });
  return () => truncateSync(mine);
}

interface Holder {
  readonly pid: number;
  /** When the process started, as the system counts it: tells a reused pid from the holder. Empty where unknown. */
  readonly started: string;
}

function thisProcess(): Holder {
  return { pid: process.pid, started: startOf(process.pid) };
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startOf(holder.pid) === holder.started;
}

/** Boot id and start tick of a living process on Linux; empty elsewhere, and for one that is dead but not buried. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold anything. State is the first after it, start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : `${boot}:${fields[19]}`;
  } catch {
    return '';
  }
}

function readHolder(path: string): Holder | undefined {
  const text = readFileSync(path, 'utf8');
  return text === '' ? undefined : (JSON.parse(text) as Holder);
}

function lockNumbers(dataDir: string): number[] {
  return readdirSync(dataDir)
    .map((name) => Number(LOCK_FILE.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

function lockPath(dataDir: string, number: number): string {
  return join(dataDir, `broker.lock.${number}`);
}

function inUse(dataDir: string, holder: Holder | undefined): DataDirInUse {
  const who = holder ? `process ${holder.pid}` : 'another process';
  return new DataDirInUse(
    `${who} already serves the Kafka data in ${dataDir}: stop it, or use another folder`,
  );
}
