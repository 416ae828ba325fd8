import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUse, type DataDirLock, lockDataDir } from './data-dir-lock.js';

const knowsBoots = process.platform === 'linux';

describe('the lock of a data folder', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'florin-lock-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const write = (number: number, text: string) => writeFile(join(folder, `lock.${number}`), text);
  const deadPid = () => spawnSync(process.execPath, ['--version']).pid;
  const thisBoot = knowsBoots ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '';

  it('is held by one, and free again when released', async () => {
    const below = join(folder, 'made', 'if missing');
    const lock = lockDataDir(below);
    expect(() => lockDataDir(below)).toThrow(DataDirInUse);
    expect(() => lockDataDir(below)).toThrow(`process ${process.pid} already uses the data in ${below}`);
    lock.release();
    lockDataDir(below).release();
    expect(await readdir(below)).toEqual(['lock.2']);
  });

  it('is respected while another process holds it, and goes to one of many when that is killed', async () => {
    const { href } = new URL('./data-dir-lock.ts', import.meta.url);
    const program = `(await import(${JSON.stringify(href)})).lockDataDir(${JSON.stringify(folder)});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program]);
    await once(holder.stdout, 'data');
    expect(() => lockDataDir(folder)).toThrow(`process ${holder.pid} already uses`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockDataDir(folder);
    expect(() => lockDataDir(folder)).toThrow(DataDirInUse);
  });

  it.each([
    ['that is dead', () => ({ pid: deadPid(), started: '1', boot: thisBoot }), !knowsBoots],
    [
      'whose number now names another process',
      () => ({ pid: process.pid, started: '1', boot: thisBoot }),
      false,
    ],
    ['of an earlier run of the system', () => ({ pid: process.pid, started: '1', boot: 'earlier' }), true],
  ])('is taken over from a holder %s', async (_, holder, systemMayHaveStopped) => {
    await write(7, JSON.stringify({ holder: holder(), recovered: true }));
    expect(lockDataDir(folder).systemMayHaveStopped).toBe(systemMayHaveStopped);
    expect(await readdir(folder)).toEqual(['lock.8']);
  });

  it('says that the disk is full, and leaves nothing behind', async () => {
    if (!knowsBoots) return;
    await symlink('/dev/full', join(folder, `lock-draft.${process.pid}`));
    expect(() => lockDataDir(folder)).toThrow('cannot be written: the disk is full');
    expect(await readdir(folder)).toEqual([]);
    lockDataDir(folder).release();
  });

  it('is taken over where a power cut has left nothing in it', async () => {
    await write(3, '');
    expect(lockDataDir(folder).systemMayHaveStopped).toBe(true);
  });

  it.each([
    ['recovered the data', (lock: DataDirLock) => lock.recovered(), false],
    ['had not yet recovered the data', () => undefined, true],
  ])('tells the next holder about one that %s and let go', (_, use, systemMayHaveStopped) => {
    const lock = lockDataDir(folder);
    use(lock);
    lock.release();
    for (let attempt = 0; attempt < 2; attempt++) {
      const next = lockDataDir(folder);
      expect(next.systemMayHaveStopped).toBe(systemMayHaveStopped);
      next.release();
    }
  });
});
