import { reserveFreeBlock } from '@florin/local-stack';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from './data-folder.js';

const parent = mkdtempSync(join(tmpdir(), 'florin data '));
afterAll(() => rmSync(parent, { recursive: true }));

let path: string;
let count = 0;
beforeEach(() => {
  path = join(parent, String((count += 1)), '.florin');
});

describe('openDataFolder', () => {
  it('is made for its owner alone, and remembers the ports', async () => {
    const first = await openDataFolder(path);
    expect(first.rememberedBase).toBeUndefined();
    first.useBlock(7420, 'start');
    first.describeStack({ gatewayUrl: 'http://127.0.0.1:7420' });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'stack.json')).mode & 0o777).toBe(0o600);
    first.close();

    const second = await openDataFolder(path);
    expect(second.rememberedBase).toBe(7420);
    expect(() => readFileSync(join(path, 'stack.json'))).toThrow('ENOENT');
    second.close();
  });

  it('refuses a second start while the first begins', async () => {
    const first = await openDataFolder(path);
    await expect(openDataFolder(path)).rejects.toThrow(
      `already is starting over this data (process ${process.pid}, ${path})`,
    );
    first.close();
    (await openDataFolder(path)).close();
  });

  it('refuses a second start while the first runs, and says where', async () => {
    const first = await openDataFolder(path);
    const { base, release } = await reserveFreeBlock(path);
    first.useBlock(base, 'start');
    const second = openDataFolder(path);
    await expect(second).rejects.toThrow(`runs at http://127.0.0.1:${base} over this data`);
    first.useBlock(base, 'engines');
    await expect(openDataFolder(path)).rejects.toThrow('The engines alone already run over this data');
    await expect(openDataFolder(path)).rejects.toThrow(/FLORIN_DATA=<folder> npm start/);
    await release();
    first.close();
  });

  it('takes over from a start that was killed, whoever has its process number now', async () => {
    mkdirSync(path, { recursive: true });
    const { base, release } = await reserveFreeBlock(path);
    await release();
    writeFileSync(join(path, 'lock'), JSON.stringify({ pid: process.pid, base }));
    (await openDataFolder(path)).close();
    writeFileSync(join(path, 'lock'), '{"pid": 12');
    writeFileSync(join(path, 'ports.json'), 'not json');
    const folder = await openDataFolder(path);
    expect(folder.rememberedBase).toBeUndefined();
    folder.close();
  });

  it.each([
    ['a file is in the way', 'EEXIST|ENOTDIR', () => writeFileSync(path, '')],
    [
      'its parent is a file',
      'ENOTDIR',
      () => ((path = join(path, 'in a file')), writeFileSync(join(path, '..'), '')),
    ],
  ])('says what to do when %s', async (_, code, obstruct) => {
    mkdirSync(join(path, '..'), { recursive: true });
    obstruct();
    const message = new RegExp(`Cannot write in .* \\((${code})\\)[^]*FLORIN_DATA=<folder> npm start`);
    await expect(openDataFolder(path)).rejects.toThrow(message);
  });

  it('says what to do when it may not write there', async () => {
    // Root may write everywhere but where the kernel itself says no.
    const forbidden = process.getuid?.() === 0 ? '/proc/florin' : path;
    if (forbidden === path) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o500);
    }
    await expect(openDataFolder(forbidden)).rejects.toThrow(/Cannot write in .* \((EACCES|ENOENT)\)/);
  });
});
