import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const keptLines = 30;

/**
 * Becomes the program, after it has put somebody beside it who kills it when standard input ends without a word, which
 * the kernel sees to however this process ends: so a kill -9 of ours is one of the program's too.
 */
const boundToParent = `exec 3<&0
{ read -r _ || kill -KILL "$$"; } <&3 >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null`;

/** A Java program that ends with this process. */
export class JavaProcess {
  /** Resolves when it has ended and all its output was told, to how: "exit code 1", "SIGKILL". */
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];

  /** `onLine` gets what it writes, stdout and stderr. */
  constructor(command: readonly string[], env: Record<string, string>, onLine: (line: string) => void) {
    this.child = spawn('/bin/sh', ['-c', boundToParent, 'florin-java', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
      // Its own process group: Ctrl-C in a terminal must reach the services before their broker.
      detached: true,
    });
    // Writing to a watcher that is gone is no error.
    this.child.stdin?.on('error', () => undefined);
    for (const input of [this.child.stdout, this.child.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on('line', (line) => {
        if (this.lines.push(line) > keptLines) this.lines.shift();
        onLine(line);
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      // The watcher is told that there is nobody to kill any more.
      this.child.once('exit', () => this.child.stdin?.end('\n'));
      this.child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** What it wrote last. */
  get output(): string {
    return this.lines.join('\n');
  }

  /** SIGTERM, then SIGKILL after the time given, in milliseconds. */
  async stop(timeoutMs: number): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    await this.exited;
    clearTimeout(timer);
  }
}
