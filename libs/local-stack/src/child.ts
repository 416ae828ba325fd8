import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { capLog, logTail } from './log-file.js';

const capIntervalMs = 30_000;
const errorTailBytes = 4000;

export interface ChildOptions {
  readonly name: string;
  /** A Node program and its arguments. */
  readonly program: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Gets stdout and stderr. */
  readonly logFile: string;
  readonly onMessage?: (message: unknown) => void;
}

/**
 * A Node process that ends with this one: its standard input (or, with `onMessage`, its IPC channel) closes when this process dies,
 * and it is expected to stop then. It has a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone,
 * which stops everything in order. It writes its log itself: no output is copied through this process.
 */
export class Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, to how: "exit code 1", "SIGKILL". */
  readonly exited: Promise<string>;
  private ended: string | undefined;
  private readonly process: ReturnType<typeof spawn>;
  private readonly logFile: string;

  private constructor(options: ChildOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    capLog(options.logFile);
    const log = openSync(options.logFile, 'a', 0o600);
    const stdio: StdioOptions = options.onMessage ? ['ignore', log, log, 'ipc'] : ['pipe', log, log];
    this.process = spawn(process.execPath, [...options.program], { stdio, env: options.env, detached: true });
    closeSync(log);
    if (options.onMessage) this.process.on('message', options.onMessage);
    // Its end, not a failed write to it, is what `exited` tells.
    this.process.stdin?.on('error', () => undefined);
    this.pid = this.process.pid ?? -1;
    this.exited = this.end();
  }

  /** Starts the process; rejects where it cannot be started at all. */
  static async start(options: ChildOptions): Promise<Child> {
    const child = new Child(options);
    await once(child.process, 'spawn');
    return child;
  }

  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** SIGTERM, then SIGKILL after the time given, in milliseconds. */
  async stop(timeoutMs: number): Promise<void> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** What it logged last. */
  logTail(bytes = errorTailBytes): string {
    return logTail(this.logFile, bytes);
  }

  private end(): Promise<string> {
    const timer = setInterval(() => capLog(this.logFile), capIntervalMs).unref();
    return new Promise((resolve) => {
      const settle = (how: string) => {
        clearInterval(timer);
        this.ended = how;
        resolve(how);
      };
      this.process.once('error', (error) => settle(error.message));
      this.process.once('exit', (code, signal) => settle(signal ?? `exit code ${code}`));
    });
  }
}
