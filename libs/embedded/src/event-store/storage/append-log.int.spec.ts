import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppendLog } from './append-log.js';
import { RECORD_HEADER_BYTES, SEGMENT_HEADER, segmentName } from './log-format.js';
import { DamagedLog } from './log-recovery.js';

const SEGMENT_BYTES = 4_096;

let dir: string;
let notices: string[];
let durable: number[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'florin-append-log-'));
  notices = [];
  durable = [];
});
afterEach(() => rm(dir, { recursive: true }));

/** Opens the log; `texts` are the bodies of the records that are there. */
async function open(): Promise<{ log: AppendLog; texts: string[] }> {
  const texts: string[] = [];
  const log = await AppendLog.open({
    dir,
    segmentBytes: SEGMENT_BYTES,
    onRecord: (record) => texts.push(record.toString('latin1', RECORD_HEADER_BYTES)),
    onDurable: (position) => durable.push(position),
    onNotice: (notice) => notices.push(notice),
  });
  return { log, texts };
}

function append(log: AppendLog, text: string): number {
  const record = Buffer.concat([Buffer.alloc(RECORD_HEADER_BYTES), Buffer.from(text, 'latin1')]);
  const position = log.place(record.length);
  log.append(record);
  return position;
}

async function appendEach(log: AppendLog, texts: string[]): Promise<number[]> {
  const positions: number[] = [];
  for (const text of texts) {
    positions.push(append(log, text));
    await log.synced();
  }
  return positions;
}

async function reopened(): Promise<string[]> {
  const { log, texts } = await open();
  await log.close();
  return texts;
}

const numbered = (count: number, bytes = 100) =>
  Array.from({ length: count }, (_, index) => `${index}`.padEnd(bytes, '.'));
const firstSegment = () => join(dir, segmentName(0));
const mark = () => join(dir, 'acknowledged');

/** Leaves what is appended meanwhile as a crash before its acknowledgement would. */
async function withoutAcknowledgement(work: () => Promise<void>): Promise<void> {
  const before = await readFile(mark());
  await work();
  await writeFile(mark(), before);
}

describe('the append log', () => {
  it('has its records again, in order, over as many segments as they need', async () => {
    const { log } = await open();
    const texts = numbered(200);
    for (const text of texts) append(log, text);
    await log.synced();
    await log.close();
    const segments = (await readdir(dir)).filter((name) => name.endsWith('.segment'));
    expect(segments.length).toBeGreaterThan(4);
    for (const name of segments) {
      expect((await stat(join(dir, name))).size).toBeLessThanOrEqual(SEGMENT_BYTES);
    }
    expect(await reopened()).toEqual(texts);
    expect(notices).toEqual([]);
  });

  it('goes on where it ended, and takes a record that is longer than a segment', async () => {
    const texts = [...numbered(3), 'x'.repeat(3 * SEGMENT_BYTES), ...numbered(3)];
    for (const text of texts) {
      const { log } = await open();
      append(log, text);
      await log.synced();
      await log.close();
    }
    expect(await reopened()).toEqual(texts);
  });

  it('writes what arrives during a sync in the next one', async () => {
    const { log } = await open();
    append(log, 'first');
    for (const text of numbered(50, 20)) append(log, text);
    await new Promise(setImmediate);
    for (const text of numbered(50, 20)) append(log, text);
    await log.synced();
    expect(durable.length).toBeLessThan(5);
    expect(log.backlogBytes).toBe(0);
    await log.close();
    expect(await reopened()).toHaveLength(101);
  });

  it('gives bytes back from memory and from disk', async () => {
    const texts = numbered(200);
    const { log } = await open();
    const positions = await appendEach(log, texts);
    const read = async (from: AppendLog, index: number) =>
      String(await from.read((positions[index] ?? 0) + RECORD_HEADER_BYTES, 100));
    for (const index of [0, 100, 199]) expect(await read(log, index)).toBe(texts[index]);
    await log.close();
    const { log: again } = await open();
    for (const index of [0, 100, 199]) expect(await read(again, index)).toBe(texts[index]);
    const [from = 0, to = 0] = [positions[10], positions[150]];
    const span = await again.read(from, to - from);
    expect(span.toString('latin1')).toContain('11.....');
    expect(span.toString('latin1')).toContain('149....');
    await expect(again.read(1e9, 10)).rejects.toThrow('nothing at position');
    await again.close();
  });

  it('leaves alone what a reader got from memory, while it forgets that itself', async () => {
    const { log } = await open();
    const [position = 0] = await appendEach(log, numbered(1));
    const got = await log.read(position + RECORD_HEADER_BYTES, 100);
    await appendEach(log, numbered(1_500));
    expect(String(got)).toBe(numbered(1)[0]);
    await log.close();
    expect(await reopened()).toEqual([...numbered(1), ...numbered(1_500)]);
  });

  it('cuts a torn tail, wherever it is torn, and says so', async () => {
    const { log } = await open();
    await appendEach(log, numbered(2));
    await withoutAcknowledgement(async () => {
      await appendEach(log, ['last '.repeat(10)]);
      await log.close();
    });
    const beforeLast = await readFile(mark());
    const whole = await readFile(firstSegment());
    const lastStart = SEGMENT_HEADER.length + 2 * (RECORD_HEADER_BYTES + 100);
    for (let length = lastStart + 1; length < whole.length; length++) {
      await writeFile(firstSegment(), whole.subarray(0, length));
      await writeFile(mark(), beforeLast);
      notices = [];
      expect(await reopened()).toEqual(numbered(2));
      expect(notices).toEqual([expect.stringContaining(`${length - lastStart} bytes`)]);
      expect((await stat(firstSegment())).size).toBe(lastStart);
    }
    notices = [];
    expect(await reopened()).toEqual(numbered(2));
    expect(notices).toEqual([]);
  });

  it('cuts a tail that was not synced even where a later part of it reached the disk', async () => {
    const { log } = await open();
    await appendEach(log, ['synced']);
    await withoutAcknowledgement(async () => {
      append(log, 'lost '.repeat(10));
      append(log, 'kept '.repeat(10));
      await log.synced();
      await log.close();
    });
    const bytes = await readFile(firstSegment());
    const lost = SEGMENT_HEADER.length + RECORD_HEADER_BYTES + 'synced'.length;
    bytes.fill(0, lost, lost + RECORD_HEADER_BYTES + 20);
    await writeFile(firstSegment(), bytes);
    expect(await reopened()).toEqual(['synced']);
    expect(notices).toHaveLength(1);
  });

  it.each([
    ['a changed byte', (bytes: Buffer) => bytes.fill(1, 200, 201)],
    ['a changed length', (bytes: Buffer) => bytes.fill(0xff, 138, 140)],
    ['a hole', (bytes: Buffer) => bytes.fill(0, 134, 300)],
  ])('does not start over %s in what was acknowledged, and changes nothing', async (_, change) => {
    const { log } = await open();
    await appendEach(log, numbered(5));
    await log.close();
    const bytes = change(await readFile(firstSegment()));
    await writeFile(firstSegment(), bytes);
    const attempt = open();
    await expect(attempt).rejects.toThrow(DamagedLog);
    await expect(attempt).rejects.toThrow(`${firstSegment()} is damaged at byte 134`);
    expect(await readFile(firstSegment())).toEqual(bytes);
  });

  it.each([
    ['its last byte changed', (bytes: Buffer) => bytes.fill(1, bytes.length - 1)],
    ['its last length changed', (bytes: Buffer) => bytes.fill(0xff, 138, 140)],
    ['zeros at its end', (bytes: Buffer) => bytes.fill(0, 134)],
    ['its end missing', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['its last record missing', (bytes: Buffer) => bytes.subarray(0, 134)],
  ])('does not start over %s once that was acknowledged, and changes nothing', async (_, change) => {
    const { log } = await open();
    await appendEach(log, numbered(2));
    await log.close();
    const bytes = change(await readFile(firstSegment()));
    await writeFile(firstSegment(), bytes);
    await expect(open()).rejects.toThrow(`${firstSegment()} is damaged at byte 134`);
    expect(await readFile(firstSegment())).toEqual(bytes);
  });

  it('does not begin anew where all segments are missing, or the first is empty', async () => {
    const { log } = await open();
    await appendEach(log, ['first']);
    await log.close();
    await truncate(firstSegment(), 3);
    await expect(open()).rejects.toThrow('does not start as a segment does');
    await rm(firstSegment());
    await expect(open()).rejects.toThrow(`${firstSegment()} is damaged at byte 0 (the file is missing)`);
  });

  it('judges the end of the log by its records where there is no mark, and says so where it is damaged', async () => {
    const { log } = await open();
    await appendEach(log, numbered(3));
    await log.close();
    const { size } = await stat(firstSegment());
    await truncate(firstSegment(), size - 1);
    await rm(mark());
    expect(await reopened()).toEqual(numbered(2));
    expect(notices).toEqual([
      expect.stringContaining(`${mark()} is missing`),
      expect.stringContaining('cut short'),
    ]);
    await truncate(firstSegment(), size - (RECORD_HEADER_BYTES + 100) - 1);
    const text = await readFile(mark(), 'latin1');
    await writeFile(mark(), `1${text.slice(1)}`);
    notices = [];
    expect(await reopened()).toEqual(numbered(1));
    expect(notices).toEqual([expect.stringContaining(`${mark()} cannot be read`), expect.anything()]);
  });

  it('does not start over a short, missing or foreign segment', async () => {
    const { log } = await open();
    await appendEach(log, numbered(100));
    await log.close();
    const [first = '', second = ''] = (await readdir(dir)).sort().map((name) => join(dir, name));
    const copy = join(dir, 'copy');
    await copyFile(first, copy);
    await truncate(first, 3_000);
    await expect(open()).rejects.toThrow(`${first} is damaged`);
    await copyFile(copy, first);
    await truncate(first, SEGMENT_HEADER.length + 5 * (RECORD_HEADER_BYTES + 100));
    await expect(open()).rejects.toThrow(`${second} is damaged at byte 0`);
    await rm(first);
    await expect(open()).rejects.toThrow(`${second} is damaged at byte 0`);
    await writeFile(first, 'this is something else altogether');
    await expect(open()).rejects.toThrow('does not start as a segment does');
    await copyFile(copy, first);
    expect(await reopened()).toEqual(numbered(100));
  });

  it('accepts nothing more after a failed write, and says why', async () => {
    const { log } = await open();
    await appendEach(log, ['first']);
    await rm(dir, { recursive: true });
    for (const text of numbered(100)) append(log, text);
    await expect(log.synced()).rejects.toThrow('cannot write');
    expect(() => append(log, 'later')).toThrow('cannot write');
    await expect(log.synced()).rejects.toThrow('restart it');
    expect(notices).toEqual([expect.stringContaining('ENOENT')]);
    await log.close();
    dir = await mkdtemp(join(tmpdir(), 'florin-append-log-'));
  });
});
