import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordBatch } from '../testing/batch.fixture.spec.js';
import { DurableMap } from './durable-map.js';
import { TopicStore } from './topic-store.js';

describe('the topics and their logs', () => {
  let dataDir: string;
  let topics: TopicStore;
  const recovery = { notice: () => undefined, systemMayHaveStopped: false };

  const open = () => new TopicStore(dataDir, { segmentBytes: 2_000, sync: false }, recovery);
  const journal = () => join(dataDir, 'topics.journal');
  const logs = () => join(dataDir, 'logs');
  const folders = async () => (await readdir(logs())).sort();

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-topics-'));
    topics = open();
    for (const name of ['one', 'two-1']) {
      topics.create(name, { partitions: 2, configs: {} });
      for (const log of topics.get(name)?.partitions ?? []) log.append(recordBatch());
    }
    await topics.close();
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it.each([
    ['emptied', () => truncate(journal(), 0)],
    ['cut', async () => truncate(journal(), (await readFile(journal())).length - 1)],
    ['said to go on beyond its end', flipInLastLength],
  ])('are not opened, and none is deleted, when the journal is %s', async (_, damage) => {
    await damage();
    for (const _attempt of [1, 2]) expect(open).toThrow('does not name the topic of');
    expect(await folders()).toEqual(['one-0', 'one-1', 'two-1-0', 'two-1-1']);
  });

  async function flipInLastLength(): Promise<void> {
    const bytes = await readFile(journal());
    const last = 8 + bytes.readUInt32BE(0);
    await writeFile(journal(), bytes.fill((bytes[last + 2] ?? 0) ^ 1, last + 2, last + 3));
  }

  it('are gone with their folders when they were deleted', async () => {
    topics = open();
    const topic = topics.get('one');
    if (topic) topics.delete(topic);
    expect(await folders()).toEqual(['two-1-0', 'two-1-1']);
    await topics.close();
    topics = open();
    expect(topics.all().map(({ name }) => name)).toEqual(['two-1']);
    await topics.close();
  });

  it('are deleted to the end at the next start, or before they are created again', async () => {
    const stored = new DurableMap<unknown>(journal(), recovery);
    const deleted = { partitions: 2, configs: {}, isDeleted: true };
    stored.put([['one', deleted]]);
    stored.close();
    topics = open();
    expect(topics.get('one')).toBeUndefined();
    expect(await folders()).toEqual(['two-1-0', 'two-1-1']);
    topics.create('one', { partitions: 1, configs: {} });
    expect(topics.partition('one', 0)?.endOffset).toBe(0);
    await topics.close();
  });

  it('are opened beside a folder that holds nothing', async () => {
    await mkdir(join(logs(), 'other-0'));
    topics = open();
    expect(existsSync(join(logs(), 'other-0'))).toBe(true);
    await topics.close();
  });
});
