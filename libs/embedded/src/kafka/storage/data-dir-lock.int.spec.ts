import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUse, lockDataDir } from './data-dir-lock.js';

describe('the lock of a data folder', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'florin-lock-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const locks = async () => (await readdir(folder)).filter((name) => name.startsWith('broker.lock'));

  it('is held by one, and free again when released', async () => {
    const release = lockDataDir(folder);
    expect(() => lockDataDir(folder)).toThrow(DataDirInUse);
    expect(() => lockDataDir(folder)).toThrow(`process ${process.pid} already serves`);
    release();
    lockDataDir(folder)();
    expect(await locks()).toHaveLength(1);
  });

  it('is taken over from a holder that is dead', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(join(folder, 'broker.lock.7'), JSON.stringify({ pid, started: '' }));
    lockDataDir(folder);
    expect(await locks()).toEqual(['broker.lock.8']);
  });

  it('is taken over when its holder’s number now names another process', async () => {
    await writeFile(
      join(folder, 'broker.lock.1'),
      JSON.stringify({ pid: process.pid, started: 'another boot:1' }),
    );
    lockDataDir(folder);
    expect(await locks()).toEqual(['broker.lock.2']);
  });
});
