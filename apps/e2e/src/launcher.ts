import { eventually } from '@florin/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** A command on a terminal of its own: Ctrl-C reaches every process that stays in its group. */
export class Launcher {
  stdout = '';
  stderr = '';
  /** Resolves when it has ended, to its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor(program: readonly string[], env: Record<string, string>) {
    this.child = spawn(process.execPath, [...program], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
    });
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves when `text` was printed; rejects, with what was printed instead, when it has ended or is late. */
  async untilPrinted(text: string, withinMs: number): Promise<void> {
    const printed = () => {
      if (this.stdout.includes(text)) return true;
      if (this.hasEnded) return false;
      throw new Error(`it did not print "${text}" within ${withinMs} ms:\n${this.stdout}\n${this.stderr}`);
    };
    if (!(await eventually(printed, withinMs))) throw new Error(`it ended:\n${this.stdout}\n${this.stderr}`);
  }

  /** To it and all processes of its group, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined && !this.hasEnded) process.kill(-this.child.pid, signal);
  }
}

/** Processes whose command line or environment names `text`: on Linux, else none. */
export function processesNaming(text: string): string[] {
  const own = (file: string) => {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      // It has ended since the folder was read, or is somebody else's.
      return '';
    }
  };
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => ({ pid, line: own(`/proc/${pid}/cmdline`), environment: own(`/proc/${pid}/environ`) }))
    .filter(({ line, environment }) => line.includes(text) || environment.includes(text))
    .map(({ pid, line }) => `${pid}: ${line.replaceAll('\0', ' ')}`);
}

/** Whether anybody listens on a port of this machine. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}
