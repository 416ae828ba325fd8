import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLine, WrongUse } from '@florin/configuration';
import { parseHistory, type History } from './history/steps.js';
import type { inThreads, Task } from './pool.js';
import { report, type SeedReport } from './report.js';
import { runHistory } from './run/run.js';

const usage = `npm run simulate -- [--seeds n] [--seed s] [--commands n] [--json]
npm run simulate -- --history file

Runs random histories through the ledger's own code (decisions, batches, snapshots, loading) on an event store in memory that
loses answers, and through a slow and simple model beside it, and compares all that they say. The same seed gives the same
history, to the byte.

  --seeds n       how many (default 100)
  --seed s        the first one (default 1)
  --commands n    commands of each (default 1000)
  --history file  one history, as it was written where the two differed
  --out folder    where such histories are written (default .florin)
  --json          one JSON object as the last line

Exit code: 0 where they say the same, 1 where they differ, 2 for wrong use.
`;

/** Differences after which no other seed is begun. */
const ENOUGH = 3;
const MOST = 1_000_000;

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly nowMs: () => number;
  /** Runs the seeds; see `inThreads`. */
  readonly run: typeof inThreads;
}

const options = {
  seeds: { type: 'string', default: '100' },
  seed: { type: 'string', default: '1' },
  commands: { type: 'string', default: '1000' },
  history: { type: 'string' },
  out: { type: 'string', default: '.florin' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The program behind `npm run simulate`; answers its exit code. */
export async function simulate(args: readonly string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = commandLine(args, options);
    if (values.help) return (io.out(usage), 0);
    if (positionals.length > 0) throw new WrongUse(`unknown: ${positionals.join(' ')}`);
    const began = io.nowMs();
    const reports = await reportsOf(values, io);
    const files = await written(reports, values.out);
    print(reports, files, io);
    const seconds = Math.round((io.nowMs() - began) / 100) / 10;
    if (values.json) io.out(`${JSON.stringify({ ...summary(reports, files), seconds })}\n`);
    return files.size === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    io.err(`${error.message}\n\n${usage}`);
    return 2;
  }
}

interface Values {
  readonly seeds: string;
  readonly seed: string;
  readonly commands: string;
  readonly history?: string | undefined;
}

async function reportsOf(values: Values, { err, run }: Io): Promise<SeedReport[]> {
  if (values.history !== undefined)
    return [await report(await runHistory(await readHistory(values.history)))];
  const first = wholeNumber('seed', values.seed);
  const commands = wholeNumber('commands', values.commands);
  const seeds = wholeNumber('seeds', values.seeds);
  const tasks = Array.from({ length: seeds }, (_, i): Task => ({ seed: first + i, commands }));
  const reports: SeedReport[] = [];
  const onReport = (done: SeedReport): void => {
    reports.push(done);
    if (reports.length % 100 === 0) err(`${reports.length} of ${seeds} seeds\n`);
  };
  const different = (): number => reports.filter(({ divergence }) => divergence !== undefined).length;
  await run(tasks, onReport, () => different() < ENOUGH);
  return reports.sort((a, b) => a.seed - b.seed);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST) return value;
  throw new WrongUse(`--${name} is a whole number from 1 to ${MOST}, not ${text}`);
}

async function readHistory(file: string): Promise<History> {
  try {
    return parseHistory(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new WrongUse(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Writes the histories in which the two differ, and answers the files by seed. */
async function written(reports: readonly SeedReport[], folder: string): Promise<Map<number, string>> {
  const files = new Map<number, string>();
  for (const { seed, divergence } of reports) {
    if (divergence === undefined) continue;
    const file = join(folder, `simulate-${seed}.json`);
    await mkdir(folder, { recursive: true });
    await writeFile(file, divergence.history);
    files.set(seed, file);
  }
  return files;
}

function print(reports: readonly SeedReport[], files: ReadonlyMap<number, string>, { out }: Io): void {
  for (const { seed, divergence } of reports) {
    if (divergence === undefined) continue;
    const { step, shrunkStep, text, history } = divergence;
    out(
      `Seed ${seed}: the product and the model differ at step ${step}. Shrunk, at step ${shrunkStep}:\n\n${text}\n\n`,
    );
    out(`${history}\nAgain: npm run simulate -- --history ${files.get(seed)}\n\n`);
  }
  const { seeds, commands, events } = summary(reports, files);
  out(
    `${seeds} histories of ${commands} commands and ${events} events; ${files.size || 'none'} in which they differ\n`,
  );
}

function summary(reports: readonly SeedReport[], files: ReadonlyMap<number, string>) {
  const counts = new Map<string, number>();
  for (const [what, times] of reports.flatMap((one) => one.counts))
    counts.set(what, (counts.get(what) ?? 0) + times);
  const digest = createHash('sha256');
  for (const one of reports) digest.update(`${one.seed} ${one.digest}\n`);
  return {
    seeds: reports.length,
    commands: reports.reduce((sum, one) => sum + one.commands, 0),
    events: reports.reduce((sum, one) => sum + one.events, 0),
    // Of all that was written in all histories: the same seeds give the same.
    digest: digest.digest('hex'),
    happened: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    differ: reports.flatMap(({ seed, divergence }) =>
      divergence === undefined
        ? []
        : [{ seed, step: divergence.step, text: divergence.text, history: files.get(seed) }],
    ),
  };
}
