import { appendFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableMap } from './durable-map.js';

describe('a durable map', () => {
  let path: string;
  let folder: string;
  const notices: string[] = [];
  const open = (systemMayHaveStopped = false) =>
    new DurableMap<unknown>(path, { notice: (message) => notices.push(message), systemMayHaveStopped });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-durable-map-'));
    path = join(folder, 'map.journal');
    notices.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the same when it is opened again', () => {
    const first = open();
    first.put([
      ['a', 1],
      ['b', { deep: ['x'] }],
    ]);
    first.put([
      ['a', 2],
      ['c', 'new'],
    ]);
    first.put([['b', null]]);
    first.close();
    const again = open();
    expect([...again.entries()]).toEqual([
      ['a', 2],
      ['c', 'new'],
    ]);
    expect(notices).toEqual([]);
    again.close();
  });

  it.each([
    ['cut in its middle', () => stat(path).then(({ size }) => truncate(path, size - 3))],
    ['followed by other bytes', () => appendFile(path, Buffer.alloc(20, 7))],
    ['followed by zeros', () => appendFile(path, Buffer.alloc(4_096))],
  ])('keeps the whole records when the last is %s', async (_, damage) => {
    const first = open();
    first.put([['kept', 1]]);
    first.put([['last', 2]]);
    first.close();
    await damage();
    const again = open();
    expect(again.get('kept')).toBe(1);
    expect(notices).toEqual([expect.stringContaining('cut')]);
    again.put([['after', 3]]);
    again.close();
    const third = open();
    expect(third.get('after')).toBe(3);
    expect(notices).toHaveLength(1);
    third.close();
  });

  it('is not opened over damage, and loses no later record to it', async () => {
    const map = open();
    for (const key of ['a', 'b', 'c']) map.put([[key, 1]]);
    map.close();
    const whole = await readFile(path);
    const recordBytes = whole.length / 3;
    const openDamaged = async (damagedAt: number, systemMayHaveStopped: boolean) => {
      const bytes = Buffer.from(whole);
      bytes[damagedAt] = 0x7f;
      await writeFile(path, bytes);
      return open(systemMayHaveStopped);
    };
    // In the middle always; at the end unless the system may have lost a part of the last write.
    for (const inFirst of [3, recordBytes - 1]) {
      await expect(openDamaged(inFirst, true)).rejects.toThrow(`${path} is damaged at byte 0`);
    }
    const inLast = whole.length - 1;
    await expect(openDamaged(inLast, false)).rejects.toThrow(`${path} is damaged at byte ${2 * recordBytes}`);
    expect((await readFile(path)).length).toBe(whole.length);
    const again = await openDamaged(inLast, true);
    expect([...again.entries()].map(([key]) => key)).toEqual(['a', 'b']);
    again.close();
  });

  it('takes changes while it cannot be rewritten, and is rewritten once it can', async () => {
    const inTheWay = `${path}.draft`;
    await mkdir(inTheWay);
    const map = open();
    const value = 'x'.repeat(100_000);
    const putMany = (count: number) => {
      for (let round = 0; round < count; round++) map.put([['key', `${value}${round}`]]);
    };
    putMany(13);
    expect(notices).toEqual([expect.stringContaining(`${path} could not be rewritten: EISDIR`)]);
    await rm(inTheWay, { recursive: true });
    putMany(20);
    map.close();
    expect(notices).toHaveLength(1);
    expect((await stat(path)).size).toBeLessThan(1_200_000);
    const again = open();
    expect(again.get('key')).toBe(`${value}19`);
    again.close();
  });

  it('is rewritten whole, however many keys it has', () => {
    const map = open();
    const put = (from: string) =>
      map.put(Array.from({ length: 2_500 }, (_, index) => [`key ${index}`, `${from} ${'x'.repeat(100)}`]));
    for (let round = 0; round < 5; round++) put(String(round));
    map.close();
    const again = open();
    expect([...again.entries()].map(([key]) => key)).toEqual([...map.entries()].map(([key]) => key));
    expect(again.get('key 2499')).toMatch(/^4 /);
    again.close();
  });

  it('stays small when the same keys change often', async () => {
    const map = open();
    const value = 'x'.repeat(1_000);
    for (let round = 0; round < 5_000; round++) map.put([[`key ${round % 10}`, `${value}${round}`]]);
    map.close();
    expect((await stat(path)).size).toBeLessThan(1_200_000);
    const again = open();
    expect(again.get('key 9')).toBe(`${value}4999`);
    expect([...again.entries()]).toHaveLength(10);
    again.close();
  });
});
