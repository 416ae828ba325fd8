import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatHistory } from './history/steps.js';
import type { inThreads } from './pool.js';
import { report, type SeedReport } from './report.js';
import { runSeed } from './run/run.js';
import { simulate } from './simulate.js';

/** In this thread, and without one that differs unless `change` makes it so. */
const here =
  (change: (one: SeedReport) => SeedReport): typeof inThreads =>
  async (tasks, onReport, more) => {
    for (const { seed, commands } of tasks) {
      if (!more()) return;
      onReport(change(await report(await runSeed(seed, commands))));
    }
  };

async function called(args: readonly string[], change: (one: SeedReport) => SeedReport = (one) => one) {
  const said = { out: '', err: '' };
  const code = await simulate(args, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    nowMs: () => 0,
    run: here(change),
  });
  return { code, ...said, lastLine: said.out.trimEnd().split('\n').at(-1) ?? '' };
}

describe('npm run simulate', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'florin-simulate-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('runs the seeds that it is told, and says what happened', async () => {
    const { code, out, lastLine } = await called([
      '--seeds',
      '3',
      '--seed',
      '5',
      '--commands',
      '50',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(out).toContain('3 histories of');
    expect(JSON.parse(lastLine)).toMatchObject({
      seeds: 3,
      seconds: 0,
      differ: [],
      happened: { accepted: expect.any(Number) },
    });
    const again = await called(['--seeds', '3', '--seed', '5', '--commands', '50', '--json']);
    expect(again.lastLine).toBe(lastLine);
  });

  it('writes the history in which the two differ, where it can be run again', async () => {
    const { history } = await runSeed(6, 20);
    const divergence = { step: 9, shrunkStep: 1, text: 'balance of x', history: formatHistory(history) };
    const args = ['--seeds', '9', '--commands', '20', '--out', folder, '--json'];
    const { code, out, lastLine } = await called(args, (one) => ({ ...one, divergence }));
    expect(code).toBe(1);
    const { seeds, differ } = JSON.parse(lastLine) as { seeds: number; differ: { history: string }[] };
    expect({ seeds, differ: differ.length }).toEqual({ seeds: 3, differ: 3 });
    const file = join(folder, 'simulate-2.json');
    expect(differ[1]).toEqual({ seed: 2, step: 9, text: 'balance of x', history: file });
    expect(out).toContain(`--history ${file}`);
    expect(await readFile(file, 'utf8')).toBe(divergence.history);
    expect(await called(['--history', file])).toMatchObject({ code: 0 });
  });

  it.each([
    ['an option that there is not', ['--sedds', '3']],
    ['a word', ['now']],
    ['no number', ['--seeds', 'many']],
    ['none', ['--commands', '0']],
    ['a file that is not there', ['--history', '/nowhere/history.json']],
  ])('is wrong use with %s', async (_what, args) => {
    expect(await called(args)).toMatchObject({ code: 2, err: expect.stringContaining('npm run simulate') });
  });

  it('is wrong use with a file that is no history', async () => {
    const file = join(folder, 'other.json');
    await writeFile(file, '{"steps": 3}');
    expect(await called(['--history', file])).toMatchObject({ code: 2 });
  });

  it('explains itself', async () => {
    expect(await called(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--seeds n') });
  });
});
