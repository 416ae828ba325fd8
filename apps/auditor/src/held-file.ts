import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Another process that lives holds the file. */
export class FileHeld extends Error {
  override readonly name = 'FileHeld';
}

/** What this process holds: in a container every process may have the same id, also the one that died before. */
const marks = new Set<string>();

/** A file that one process at a time may change, as a second file beside it says: `<path>.lock`. */
export class HeldFile {
  private constructor(
    private readonly lock: string,
    private readonly mark: string,
  ) {}

  /** Takes the file; what a dead process left is taken over. Throws FileHeld where a living one has it. */
  static take(path: string): HeldFile {
    const lock = `${path}.lock`;
    const mark = `${process.pid} ${randomUUID()}\n`;
    const own = `${lock}.${process.pid}`;
    writeFileSync(own, mark, { mode: 0o600 });
    try {
      while (!linked(own, lock)) {
        const text = textOf(lock) ?? '';
        const pid = Number.parseInt(text, 10);
        if (pid === process.pid ? marks.has(text) : isAlive(pid)) {
          throw new FileHeld(
            `process ${pid} works with ${path}: stop it first (or remove ${lock}, if it is no such process)`,
          );
        }
        // Of several who find it dead one may take away the lock of another: `check` tells that one before it changes anything.
        rmSync(lock, { force: true });
      }
    } finally {
      rmSync(own, { force: true });
    }
    marks.add(mark);
    return new HeldFile(lock, mark);
  }

  /** Throws FileHeld where somebody else has taken the file. */
  check(): void {
    if (textOf(this.lock) !== this.mark) throw new FileHeld(`${this.lock} is not this process's any more`);
  }

  release(): void {
    marks.delete(this.mark);
    if (textOf(this.lock) === this.mark) rmSync(this.lock);
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
