import { askHolder } from '@florin/local-stack';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LaunchError } from './launch-error.js';

/** A lock without ports belongs to a start that has not come far; older than this, to one that died there. */
const startingMs = 60_000;

/** `runs` is missing while it is not known yet. */
const lockSchema = z.object({
  pid: z.int(),
  base: z.int().optional(),
  runs: z.enum(['start', 'engines']).optional(),
});
const portsSchema = z.object({ base: z.int() });

/** Where a stack keeps everything. At most one process at a time has it open. */
export interface DataFolder {
  readonly path: string;
  /** First port of the block that the last start used. */
  readonly rememberedBase: number | undefined;
  /** Notes the block in use, for the next start and for a second one meanwhile. */
  useBlock(base: number, runs: 'start' | 'engines'): void;
  /** Writes `stack.json` for other tools, readable by the owner alone: it holds the databases' passwords. */
  describeStack(description: object): void;
  close(): void;
}

/** Opens the folder, made if missing. Throws LaunchError when it cannot be used, or when another Florin runs over it. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = usable(folder);
  const file = (name: string) => join(path, name);
  await takeLock(path, file('lock'));
  return {
    path,
    rememberedBase: readAs(portsSchema, file('ports.json'))?.base,
    useBlock(base, runs) {
      replaceFile(file('ports.json'), { base });
      replaceFile(file('lock'), { pid: process.pid, base, runs });
    },
    describeStack: (description) => replaceFile(file('stack.json'), description),
    close() {
      rmSync(file('stack.json'), { force: true });
      rmSync(file('lock'), { force: true });
    },
  };
}

/** What a second start over the same data is told; `who` does what already: "Florin already runs". */
export function alreadyRunning(path: string, pid: number, who: string): LaunchError {
  return new LaunchError(
    `${who} over this data (process ${pid}, ${path}).\n` +
      `Use that one; or stop it with Ctrl-C in its terminal or "kill ${pid}".\n` +
      `A second one beside it needs its own data: FLORIN_DATA=<folder> npm start`,
  );
}

function usable(folder: string): string {
  try {
    makeFolder(folder);
    const path = realpathSync(folder);
    const probe = join(path, `.write-test-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LaunchError(
      `Cannot write in ${folder} (${code}), where Florin keeps its data.\n` +
        `Give yourself the right to write there, or choose another folder: FLORIN_DATA=<folder> npm start`,
      { cause: error },
    );
  }
}

/** Not by mkdir's own recursion, which never ends under a parent such as /proc that answers ENOENT. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

async function takeLock(path: string, file: string): Promise<void> {
  const lock = readAs(lockSchema, file);
  if (lock?.base !== undefined) {
    // Process numbers are used again; the answer at the reservation port is not.
    const holder = await askHolder(lock.base);
    if (holder?.florin === path) {
      const whole = `Florin already runs at http://127.0.0.1:${lock.base}`;
      throw alreadyRunning(
        path,
        holder.pid,
        lock.runs === 'engines' ? 'The engines alone already run' : whole,
      );
    }
  } else if (lock !== undefined && Date.now() - statSync(file).mtimeMs < startingMs && isAlive(lock.pid)) {
    throw alreadyRunning(path, lock.pid, 'Florin already is starting');
  }
  rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new LaunchError(`Another start over ${path} is under way at this very moment.`, { cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The content of a file that may be missing; one that makes no sense counts as missing. */
function readAs<T>(schema: z.ZodType<T>, file: string): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function replaceFile(file: string, content: object): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
