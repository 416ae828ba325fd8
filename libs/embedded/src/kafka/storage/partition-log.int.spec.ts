import { existsSync } from 'node:fs';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BatchSpec, recordBatch } from '../testing/batch.fixture.spec.js';
import { errors } from '../wire/errors.js';
import { batchHeader, batchSize } from '../wire/record-batch.js';
import { PartitionLog } from './partition-log.js';
import { DamagedFile } from './recovery.js';

const SEGMENT_BYTES = 2_000;

describe('the log of a partition', () => {
  let folder: string;
  let parent: string;
  let log: PartitionLog;
  const notices: string[] = [];

  const openLog = ({ sync = false, systemMayHaveStopped = false } = {}) => {
    const notice = (message: string) => notices.push(message);
    return new PartitionLog(folder, { segmentBytes: SEGMENT_BYTES, sync }, { notice, systemMayHaveStopped });
  };
  const reopen = async () => {
    await log.close();
    log = openLog();
  };
  /** As if the process had ended without closing the log. */
  const kill = async () => {
    const mark = await readFile(join(folder, 'acknowledged'));
    await log.close();
    await writeFile(join(folder, 'acknowledged'), mark);
  };
  const append = (spec: BatchSpec = {}) => log.append(recordBatch(spec));
  const segments = async () => (await readdir(folder)).filter((name) => name.endsWith('.log')).sort();
  const lastSegment = async () => join(folder, (await segments()).at(-1) ?? '');

  /** The base offsets of the batches that a read gives. */
  const read = (offset: number, maxBytes = 1_000_000, atLeastOne = true): number[] => {
    const bytes = log.read(offset, maxBytes, atLeastOne);
    const offsets: number[] = [];
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      offsets.push(batchHeader(bytes, at).baseOffset);
    }
    return offsets;
  };

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'florin-log-'));
    folder = join(parent, 'topic-0');
    notices.length = 0;
    log = openLog();
  });
  afterEach(async () => {
    await log.close();
    await rm(parent, { recursive: true });
  });

  it('makes no file before its first batch', () => {
    expect([log.startOffset, log.endOffset]).toEqual([0, 0]);
    expect(existsSync(folder)).toBe(false);
  });

  it('numbers records on, and gives whole batches from the one that holds the offset', () => {
    expect(append({ values: ['a', 'b', 'c'] })).toEqual({ baseOffset: 0 });
    expect(append({ values: ['d', 'e'] })).toEqual({ baseOffset: 3 });
    expect(append()).toEqual({ baseOffset: 5 });
    expect(log.endOffset).toBe(6);
    expect(read(0)).toEqual([0, 3, 5]);
    expect(read(2)).toEqual([0, 3, 5]);
    expect(read(4)).toEqual([3, 5]);
    expect(read(6)).toEqual([]);
  });

  it('keeps to the size that is asked for, and gives one batch whatever its size when it must', () => {
    for (let index = 0; index < 5; index++) append();
    const size = recordBatch().length;
    expect(read(0, 2 * size)).toEqual([0, 1]);
    expect(read(0, 2 * size - 1)).toEqual([0]);
    expect(read(0, 1, true)).toEqual([0]);
    expect(read(0, 1, false)).toEqual([]);
  });

  it('goes on in a new segment when one is full, and reads through all of them', async () => {
    for (let index = 0; index < 100; index++) append({ values: [`value ${index}`] });
    expect((await segments()).length).toBeGreaterThan(3);
    let next = 0;
    while (next < 100) {
      const offsets = read(next);
      expect(offsets[0]).toBe(next);
      next += offsets.length;
    }
    expect(log.bytesAfter(0)).toBeGreaterThan(log.bytesAfter(80));
    expect(log.bytesAfter(100)).toBe(0);
    await reopen();
    expect(log.endOffset).toBe(100);
    expect(read(50)[0]).toBe(50);
  });

  it('finds the first record that is not older than a time', async () => {
    for (let index = 0; index < 100; index++) {
      const timeMs = 1_000 * (index + 1);
      append({ values: ['a', 'b'], timesMs: [timeMs, timeMs + 500] });
    }
    const search = () => [
      log.offsetAtTime(0, { bytes: 1_000_000 }),
      log.offsetAtTime(50_200, { bytes: 1_000_000 }),
      log.offsetAtTime(100_500, { bytes: 1_000_000 }),
      log.offsetAtTime(100_501, { bytes: 1_000_000 }),
    ];
    const found = [
      { offset: 0, timestampMs: 1_000 },
      { offset: 99, timestampMs: 50_500 },
      { offset: 199, timestampMs: 100_500 },
      undefined,
    ];
    expect(search()).toEqual(found);
    await reopen();
    expect(search()).toEqual(found);
  });

  it('forgets records before an offset, over a restart, and begins there', async () => {
    for (let index = 0; index < 100; index++) {
      append({ values: ['a', 'b'], timesMs: [1_000 * index, 1_000 * index + 500] });
    }
    const before = (await segments()).length;
    log.deleteBefore(101);
    expect((await segments()).length).toBeLessThan(before);
    const check = () => {
      expect([log.startOffset, log.endOffset]).toEqual([101, 200]);
      expect(read(101)[0]).toBe(100);
      expect(log.offsetAtTime(0, { bytes: 1_000_000 })).toEqual({ offset: 101, timestampMs: 50_500 });
      expect(log.offsetAtTime(99_500, { bytes: 1_000_000 })).toEqual({ offset: 199, timestampMs: 99_500 });
    };
    check();
    log.deleteBefore(50);
    await reopen();
    check();
    log.deleteBefore(200);
    expect(append()).toEqual({ baseOffset: 200 });
    expect(log.offsetAtTime(0, { bytes: 1_000_000 })).toEqual({ offset: 200, timestampMs: 1_000 });
    await writeFile(join(folder, 'start-offset'), 'x');
    await log.close();
    expect(openLog).toThrow(DamagedFile);
    await writeFile(join(folder, 'start-offset'), '200');
    log = openLog();
  });

  it('recognises a producer’s batches after a restart, also those in earlier segments', async () => {
    for (let sequence = 0; sequence < 50; sequence++) {
      append({ producerId: 7, producerEpoch: 0, firstSequence: sequence });
    }
    append({ producerId: 8, producerEpoch: 0, firstSequence: 0 });
    const check = () => {
      expect(append({ producerId: 7, producerEpoch: 0, firstSequence: 49 })).toEqual({ baseOffset: 49 });
      const gap = { producerId: 7, producerEpoch: 0, firstSequence: 51 };
      expect(append(gap)).toEqual({ errorCode: errors.OUT_OF_ORDER_SEQUENCE });
      expect(log.endOffset).toBe(51);
    };
    check();
    await reopen();
    check();
    const snapshots = (await readdir(folder)).filter((name) => name.endsWith('.producers.json'));
    expect(snapshots).toHaveLength(1);
    await writeFile(join(folder, snapshots[0] ?? ''), '[');
    await reopen();
    check();
    expect(notices).toEqual([expect.stringContaining('the producers are taken from the segments')]);
  });

  it.each([
    ['cut short', (path: string) => stat(path).then(({ size }) => truncate(path, size - 5))],
    ['half written', (path: string) => appendFile(path, recordBatch().subarray(0, 40))],
    ['followed by zeros', (path: string) => appendFile(path, Buffer.alloc(500))],
    [
      'of wrong bytes after the end of the system',
      (path: string) => stat(path).then(({ size }) => overwrite(path, size - 1, 0xff)),
      true,
    ],
  ])('cuts a tail that is %s, says so, and goes on', async (_, damage, systemMayHaveStopped = false) => {
    for (let index = 0; index < 3; index++) append();
    await kill();
    await damage(await lastSegment());
    log = openLog({ systemMayHaveStopped });
    const { endOffset } = log;
    expect(endOffset).toBeGreaterThanOrEqual(2);
    expect(notices).toEqual([expect.stringContaining('cut')]);
    expect(append()).toEqual({ baseOffset: endOffset });
    await reopen();
    expect(notices).toHaveLength(1);
    expect(read(0)).toEqual([...Array(endOffset + 1).keys()]);
  });

  const size = recordBatch().length;
  it.each([
    ['the last batch is whole and wrong', 3 * size - 1, 0xff, 2 * size, false],
    ['the last batch has no plausible length', 2 * size + 8, 0x7f, 2 * size, false],
    ['good batches follow a wrong one', size + 63, 0xff, size, true],
    ['good batches follow one that says it is longer than the file', size + 10, 0xff, size, true],
  ])('refuses to open when %s', async (_, at, byte, damagedAt, systemMayHaveStopped) => {
    for (let index = 0; index < 3; index++) append();
    await log.close();
    await overwrite(await lastSegment(), at, byte);
    const before = await readFile(await lastSegment());
    const attempt = () => openLog({ systemMayHaveStopped });
    expect(attempt).toThrow(DamagedFile);
    expect(attempt).toThrow(`${await lastSegment()} is damaged at byte ${damagedAt}`);
    expect(await readFile(await lastSegment())).toEqual(before);
    await rm(folder, { recursive: true });
    log = openLog();
  });

  it('says so when a full segment turns out damaged, and goes on with the rest', async () => {
    for (let index = 0; index < 60; index++) append();
    const [first, second] = await segments();
    const secondOffset = Number.parseInt(second ?? '', 10);
    await reopen();
    for (const byte of [0x01, 0x7f, 0xff]) {
      // The length of the third batch.
      await overwrite(join(folder, first ?? ''), 2 * recordBatch().length + 8, byte);
      expect(() => read(2)).toThrow(DamagedFile);
    }
    expect(read(0)).toEqual([0, 1]);
    expect(read(secondOffset)[0]).toBe(secondOffset);
  });

  it.each([
    ['deleted', (path: string) => rm(path)],
    ['emptied', (path: string) => truncate(path, 0)],
  ])('refuses to open when its last segment is %s, also after a kill', async (_, damage) => {
    for (const end of [kill, () => log.close()]) {
      for (let index = 0; index < 60; index++) append();
      await end();
      const name = await lastSegment();
      const bytes = await readFile(name);
      await damage(name);
      expect(() => openLog()).toThrow('missing that were acknowledged');
      await writeFile(name, bytes);
      log = openLog();
    }
  });

  it('refuses to open when it was closed with more than is there, and goes on after the end of the system', async () => {
    for (let index = 0; index < 3; index++) append();
    await log.close();
    await truncate(await lastSegment(), 2 * size);
    await writeFile(join(folder, 'start-offset'), '3');
    expect(() => openLog()).toThrow('records from offset 2 to 2 are missing that were acknowledged');
    log = openLog({ systemMayHaveStopped: true });
    expect(notices).toEqual([expect.stringContaining('are missing')]);
    expect(append()).toEqual({ baseOffset: 2 });
    await reopen();
    expect([log.startOffset, ...read(2)]).toEqual([2, 2]);
    await log.close();
    await writeFile(join(folder, 'acknowledged'), '');
    expect(() => openLog()).toThrow('it names no offset');
    await writeFile(join(folder, 'acknowledged'), '3');
    log = openLog();
  });

  it.each([
    ['cut', (path: string) => stat(path).then((file) => truncate(path, file.size - 10))],
    [
      'cut between two batches',
      (path: string) => stat(path).then((file) => truncate(path, file.size - size)),
    ],
    ['emptied', (path: string) => truncate(path, 0)],
    ['deleted', (path: string) => rm(path)],
    ['of another end', (path: string) => stat(path).then((file) => overwrite(path, file.size - 1, 0xff))],
  ])('refuses to open when a full segment is %s', async (_, damage) => {
    for (let index = 0; index < 90; index++) append();
    await log.close();
    const name = join(folder, (await segments())[1] ?? '');
    const bytes = await readFile(name);
    await damage(name);
    expect(() => openLog()).toThrow('it does not reach to offset');
    await writeFile(name, bytes);
    log = openLog();
  });

  it('gives no batch that is not as it was written', async () => {
    for (let index = 0; index < 60; index++) append();
    await reopen();
    const name = join(folder, (await segments())[0] ?? '');
    await overwrite(name, 3 * size - 1, 0xff);
    expect(read(0)).toEqual([0, 1]);
    expect(() => read(2)).toThrow('the batch is not as it was written');
    expect(() => read(2, 1, true)).toThrow('the batch is not as it was written');
    // The offset of the fifth batch, which no checksum covers.
    await overwrite(name, 4 * size + 7, 5);
    expect(read(3)).toEqual([3]);
    await truncate(name, 2 * size - 1);
    expect(() => read(1)).toThrow(DamagedFile);
  });

  it('deletes old segments by size, and by age, but never the one that grows', async () => {
    for (let index = 0; index < 100; index++) append();
    const before = (await segments()).length;
    log.retain(-1, 2 * SEGMENT_BYTES, Date.now());
    const bySize = await segments();
    expect(bySize.length).toBeLessThan(before);
    expect(log.startOffset).toBe(Number.parseInt(bySize[0] ?? '', 10));
    expect(log.endOffset).toBe(100);

    await utimes(join(folder, bySize[0] ?? ''), 1, 1);
    log.retain(60_000, -1, Date.now());
    expect(await segments()).toEqual(bySize.slice(1));
    log.retain(0, 0, Date.now() + 60_000);
    expect(await segments()).toHaveLength(1);
    expect(read(log.startOffset)[0]).toBe(log.startOffset);
  });

  it('reads and deletes a segment while it is still being synced', async () => {
    for (let index = 0; index < 30; index++) {
      append();
      expect(read(0)[0]).toBe(0);
    }
    log.retain(-1, 0, Date.now());
    expect(await segments()).toHaveLength(1);
    await reopen();
    expect(log.endOffset).toBe(30);
    expect(notices).toEqual([]);
  });

  it('wakes who waits at an append, and when it is deleted', () => {
    let woken = 0;
    const stop = log.onAppend(() => woken++);
    append();
    expect(woken).toBe(1);
    log.remove();
    expect(woken).toBe(2);
    expect(existsSync(folder)).toBe(false);
    stop();
  });

  it('syncs appends together when it is asked to', async () => {
    await log.close();
    log = openLog({ sync: true });
    for (let index = 0; index < 50; index++) {
      append();
      void log.durable();
    }
    await log.durable();
    await reopen();
    expect(log.endOffset).toBe(50);
    expect(log.durable()).toBeUndefined();
    expect(notices).toEqual([]);
  });
});

async function overwrite(path: string, position: number, byte: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.of(byte), 0, 1, position);
  await file.close();
}
