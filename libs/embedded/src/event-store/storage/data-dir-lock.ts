import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';

/** Somebody else has the data folder open. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';

  constructor(dir: string, pid: number) {
    super(
      `The event store's data in ${dir} is in use by process ${pid}; stop that one, or take another folder.`,
    );
  }
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one that was given the same pid; empty where the system does not say. */
  readonly started: string;
  readonly token: string;
}

/** Two processes that find the same abandoned lock settle within this time which of them took it over. */
const TAKEOVER_MS = 50;

/**
 * Takes a data folder (created if missing) for this process; returns what gives it back. A lock whose process is no
 * more is taken over.
 * @throws DataDirInUse
 */
export async function lockDataDir(dir: string): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true });
  const path = join(dir, 'lock');
  const me: Owner = { pid: process.pid, started: startOf(process.pid), token: randomUUID() };
  const mine = `${path}.${me.token}`;
  await writeFile(mine, JSON.stringify(me));
  try {
    await link(mine, path);
    await rm(mine);
  } catch (error) {
    if (!isExists(error)) throw error;
    await takeOver(dir, path, mine, me);
  }
  return async () => {
    if ((await ownerOf(path))?.token === me.token) await rm(path);
  };
}

async function takeOver(dir: string, path: string, mine: string, me: Owner): Promise<void> {
  const owner = await ownerOf(path);
  if (owner !== undefined && isAlive(owner)) {
    await rm(mine);
    throw new DataDirInUse(dir, owner.pid);
  }
  await rename(mine, path);
  await sleep(TAKEOVER_MS);
  const winner = await ownerOf(path);
  if (winner?.token !== me.token) throw new DataDirInUse(dir, winner?.pid ?? 0);
}

/** Who holds the lock; undefined when nobody does or the file says nothing. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    const { pid, started, token } = owner ?? {};
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof token !== 'string') return undefined;
    return { pid, started, token };
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is not ours.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}

/**
 * When a process started, in the kernel's words (field 22 of its stat line); '' where there is no /proc, and
 * 'ended' for a process that has ended and is only waiting for its parent to notice.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

function isExists(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
