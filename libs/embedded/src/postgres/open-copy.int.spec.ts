import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binariesIn } from './binaries.js';
import { openCopy } from './open-copy.js';

/** Root alone can make what is another user's. */
const isRoot = process.getuid?.() === 0;

describe('a copy of the programs that all may enter', () => {
  let folder: string;
  let parent: string;
  let copied: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-copy-'));
    await chmod(folder, 0o755);
    parent = join(folder, 'tmp');
    copied = join(parent, 'florin-postgresql-1.2.3');
    await mkdir(parent);
    await chmod(parent, 0o1777);
    await mkdir(join(folder, 'native', 'bin'), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'native/bin/initdb'), 'program', { mode: 0o700 });
    await writeFile(join(folder, 'native/text'), 'text', { mode: 0o600 });
    await symlink('text', join(folder, 'native/link'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const make = (candidates = [parent]) => openCopy(binariesIn(join(folder, 'native'), '1.2.3'), candidates);
  const modeOf = async (name: string) => ((await lstat(join(copied, name))).mode & 0o7777).toString(8);

  it('is readable for all and writable for root alone, and is used again', async () => {
    const binaries = await make();
    expect(binaries).toEqual(binariesIn(copied, '1.2.3'));
    expect(await Promise.all(['', 'bin', 'bin/initdb', 'text'].map(modeOf))).toEqual([
      ...['755', '755', '755', '644'],
    ]);
    expect(await readFile(join(copied, 'link'), 'utf8')).toBe('text');
    const { ino } = await lstat(copied);
    await make();
    expect((await lstat(copied)).ino).toBe(ino);
  });

  it('is made anew when it lost a file, and once by two who come together', async () => {
    await Promise.all([make(), make()]);
    await rm(join(copied, 'bin/initdb'));
    await make();
    expect(await readFile(join(copied, 'bin/initdb'), 'utf8')).toBe('program');
  });

  it.each([
    ...(isRoot
      ? [['another user’s', () => mkdir(copied).then(() => chown(copied, 65534, 65534))] as const]
      : []),
    ['open to others’ writing', () => mkdir(copied).then(() => chmod(copied, 0o777))] as const,
    ['a link', () => symlink(folder, copied)] as const,
  ])('is refused where there is one that is %s', async (_, prepare) => {
    await prepare();
    await expect(make()).rejects.toThrow(`${copied} is not a folder in which root alone may write`);
  });

  it('is not put where others cannot enter, or could replace it', async () => {
    const closed = join(folder, 'closed');
    await mkdir(join(closed, 'below'), { recursive: true });
    await chmod(closed, 0o700);
    const loose = join(folder, 'loose');
    await mkdir(loose);
    await chmod(loose, 0o777);
    const others = join(folder, 'others');
    await mkdir(others);
    if (isRoot) await chown(others, 65534, 65534);
    else await chmod(others, 0o700);
    const unfit = [join(closed, 'below'), loose, others, join(folder, 'missing')];
    await expect(make(unfit)).rejects.toThrow('no folder for a copy');
    expect((await make([...unfit, parent])).folder).toBe(copied);
  });
});
