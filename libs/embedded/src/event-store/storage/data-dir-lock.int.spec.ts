import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUse, lockDataDir } from './data-dir-lock.js';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'florin-lock-'))));
afterEach(() => rm(dir, { recursive: true }));

const writeLock = (owner: unknown) => writeFile(join(dir, 'lock'), JSON.stringify(owner));

describe('the lock of a data folder', () => {
  it('is for one at a time, and leaves nothing behind', async () => {
    const folder = join(dir, 'made', 'if missing');
    const unlock = await lockDataDir(folder);
    await expect(lockDataDir(folder)).rejects.toThrow(DataDirInUse);
    expect(await readdir(folder)).toEqual(['lock']);
    await unlock();
    expect(await readdir(folder)).toEqual([]);
    await (
      await lockDataDir(folder)
    )();
  });

  it('goes to one of many who come at once', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => lockDataDir(dir)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is respected while its process lives, and taken over when it has ended', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    const { pid = 0 } = other;
    const started = process.platform === 'linux' ? await startedOf(pid) : '';
    await writeLock({ pid, started, token: 'other' });
    await expect(lockDataDir(dir)).rejects.toThrow(`in use by process ${pid}`);
    expect(await readdir(dir)).toEqual(['lock']);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDir(dir)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over from a process whose number another one has now, or that wrote nothing', async () => {
    await writeLock({ pid: process.pid, started: 'long ago', token: 'former' });
    await (
      await lockDataDir(dir)
    )();
    await writeFile(join(dir, 'lock'), '');
    await (
      await lockDataDir(dir)
    )();
    expect(await readdir(dir)).toEqual([]);
  });

  it('does not remove a lock that another one has taken', async () => {
    const unlock = await lockDataDir(dir);
    await writeLock({ pid: process.pid, started: 'x', token: 'another' });
    await unlock();
    expect(await readdir(dir)).toEqual(['lock']);
  });
});

async function startedOf(pid: number): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
