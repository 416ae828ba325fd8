import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHeld, HeldFile } from './held-file.js';

describe('a file that one process may change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'florin-held-'));
  const path = join(folder, 'state.json');
  const lock = `${path}.lock`;
  afterEach(() => rmSync(lock, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is held until it is released', () => {
    const held = HeldFile.take(path);
    expect(() => HeldFile.take(path)).toThrow(`process ${process.pid} works with ${path}`);
    held.check();
    held.release();
    expect(readdirSync(folder)).toEqual([]);
    HeldFile.take(path).release();
  });

  it.each([
    ['another', () => spawnSync(process.execPath, ['-e', '']).pid],
    ['one that had the same number, as in a container', () => process.pid],
  ])('is taken over from a process that is dead: %s', (_, pidOf) => {
    const pid = pidOf();
    writeFileSync(lock, `${pid} of-the-dead\n`);
    const held = HeldFile.take(path);
    held.check();
    held.release();
  });

  it('tells who lost it, and leaves it to who has it', () => {
    const held = HeldFile.take(path);
    writeFileSync(lock, `${process.pid} of-another\n`);
    expect(() => held.check()).toThrow(FileHeld);
    held.release();
    expect(existsSync(lock)).toBe(true);
  });
});
