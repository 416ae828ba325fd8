import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'florin-lock-'));
const file = join(folder, 'below', 'prepare.lock');
afterAll(() => rmSync(folder, { recursive: true }));

const hold = (work) => withLock(file, () => undefined, work);

it('lets one work at a time, also after one that failed', async () => {
  let working = 0;
  const work = async () => {
    working += 1;
    expect(working).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    working -= 1;
    throw new Error('failed');
  };
  const all = await Promise.allSettled([hold(work), hold(work), hold(work)]);
  expect(all.map(({ reason }) => reason.message)).toEqual(['failed', 'failed', 'failed']);
});

it('says once that it waits', async () => {
  let waited = 0;
  const first = hold(() => new Promise((resolve) => setTimeout(resolve, 700)));
  await withLock(
    file,
    () => (waited += 1),
    () => Promise.resolve(),
  );
  await first;
  expect(waited).toBe(1);
});

it.each([
  ['that died', '999999999', new Date()],
  ['whose heartbeat stopped', String(process.ppid), new Date(Date.now() - 60_000)],
])('takes over from a holder %s', async (_, pid, time) => {
  await hold(() => Promise.resolve());
  writeFileSync(file, pid);
  utimesSync(file, time, time);
  expect(await hold(() => readFileSync(file, 'utf8'))).toBe(String(process.pid));
});
