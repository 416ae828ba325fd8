import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Another live process (or this one) has the folder. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';

  constructor(dataDir: string, holder: Holder | undefined) {
    const who = holder ? `process ${holder.pid}` : 'another process';
    super(`${who} already uses the data in ${dataDir}: stop it, or take another folder`);
  }
}

export interface DataDirLock {
  /**
   * Whether the system may have stopped while the folder was in use (a power cut, say), and nobody has recovered it since. Then
   * what was written and not synced may be there in part. After the end of a process alone, however sudden, all is there
   * that the process had written, in the order of its writes. True also where neither can be told.
   */
  readonly systemMayHaveStopped: boolean;
  /** Notes that the data are in order again: the next holder has only what happens from now on to fear. */
  recovered(): void;
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** When the process started, as the system counts it: tells a reused pid from the holder. Empty where unknown. */
  readonly started: string;
  /** Which run of the system it belongs to. Empty where unknown. */
  readonly boot: string;
}

/** What a lock file says. A released lock has no holder. */
interface LockState {
  readonly holder?: Holder;
  /** Whether the data were recovered after each end of the system before this holder. */
  readonly recovered: boolean;
}

const LOCK_FILE = /^lock\.(\d+)$/;

/**
 * Makes this process the only one to open `dataDir`, which is made if missing. The lock is a file that names its holder; each taker
 * links the next number, which one alone can do, so that two takers of a dead holder's lock cannot both win. Numbers only grow.
 *
 * @throws DataDirInUse while the holder lives; Error with a sentence where the lock cannot be written, as on a full disk.
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true });
  const newest = lockNumbers(dataDir).at(-1) ?? 0;
  const previous = readState(lockPath(dataDir, newest));
  if (previous?.holder && isAlive(previous.holder)) throw new DataDirInUse(dataDir, previous.holder);

  const holder = thisProcess();
  const mine = lockPath(dataDir, newest + 1);
  const systemMayHaveStopped = !previous?.recovered || !endedInThisBoot(previous.holder, holder);
  let isRecovered = !systemMayHaveStopped;
  take(dataDir, mine, { holder, recovered: isRecovered });
  const numbers = lockNumbers(dataDir);
  if (numbers.at(-1) !== newest + 1) {
    rmSync(mine, { force: true });
    throw new DataDirInUse(dataDir, undefined);
  }
  for (const old of numbers.slice(0, -1)) rmSync(lockPath(dataDir, old), { force: true });
  // After a power cut an older lock must not come back in place of this one.
  syncPath(dataDir);

  const rewrite = (state: LockState) => {
    writeState(`${mine}.draft`, state);
    renameSync(`${mine}.draft`, mine);
  };
  return {
    systemMayHaveStopped,
    recovered: () => rewrite({ holder, recovered: (isRecovered = true) }),
    release: () => rewrite({ recovered: isRecovered }),
  };
}

function take(dataDir: string, path: string, state: LockState & { holder: Holder }): void {
  const draft = join(dataDir, `lock-draft.${state.holder.pid}`);
  try {
    writeState(draft, state);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new DataDirInUse(dataDir, readState(path)?.holder);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A released lock was left in order, all of its data synced. */
function endedInThisBoot(previous: Holder | undefined, current: Holder): boolean {
  return previous === undefined || (previous.boot !== '' && previous.boot === current.boot);
}

function thisProcess(): Holder {
  return { pid: process.pid, started: startOf(process.pid), boot: bootId() };
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives and is not ours.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return bootId() === holder.boot && startOf(holder.pid) === holder.started;
}

/** Start tick of a living process on Linux; empty elsewhere, and for one that is dead but not buried. */
function startOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? '';
  // The second field is the command in parentheses and may hold anything. State is the first after it, start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/** Undefined also for a file that a power cut has emptied. */
function readState(path: string): LockState | undefined {
  const text = readIfThere(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as LockState);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function writeState(path: string, state: LockState): void {
  try {
    const file = openSync(path, 'w');
    try {
      writeSync(file, JSON.stringify(state));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOSPC' ? 'the disk is full: make room there' : message;
    throw new Error(`The lock of a data folder, ${path}, cannot be written: ${what}`, { cause: error });
  }
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: a process that ended while its file was read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function lockNumbers(dataDir: string): number[] {
  return readdirSync(dataDir)
    .map((name) => Number(LOCK_FILE.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

function lockPath(dataDir: string, number: number): string {
  return join(dataDir, `lock.${number}`);
}
