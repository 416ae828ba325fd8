import { write, writeSync } from 'node:fs';

/** Characters that are written together. */
const together = 4_096;
/** How long a line waits for others, in milliseconds. */
const longestWait = 250;
/** Characters that wait for a reader who is slow; lines beyond are lost. */
const mostWaiting = 8 * 1024 * 1024;
/** Until a full pipe, or a file that cannot be written, is tried again. */
const retryMs = { EAGAIN: 20, otherwise: 1_000 };

type Write = (
  fd: number,
  bytes: Buffer,
  done: (error: NodeJS.ErrnoException | null, count: number) => void,
) => void;

/**
 * Writes lines together, a few times a second: one write each costs a busy service more than making them does. What is
 * left at the end of the process is written then. A service neither waits for somebody to read its log nor ends because
 * nobody does: once the reader is gone, lines are dropped. What fails otherwise, as a disk that is full, is tried again;
 * lines that there was no room for meanwhile are lost, and one line says how many.
 */
export class LogOutput {
  #waiting = '';
  /** Lines that there was no room for since the last write. */
  #lost = 0;
  #busy = false;
  #readerIsGone = false;
  #timer: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(
    private readonly fd: number,
    private readonly writeTo: Write = write,
  ) {
    process.once('exit', () => this.#writeNow());
  }

  write(line: string): void {
    if (this.#readerIsGone) return;
    if (this.#waiting.length + line.length > mostWaiting) this.#lost += 1;
    else this.#waiting += line;
    this.#next();
  }

  /** Whether every line was written, or has no reader any more, within `limitMs`. */
  async written(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, limitMs, false)));
    const idle = new Promise<true>((resolve) => this.#whenIdle.push(() => resolve(true)));
    this.#flush();
    try {
      return await Promise.race([idle, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes what has come together, now or when more has. */
  #next(): void {
    if (this.#waiting.length >= together || this.#whenIdle.length > 0) this.#flush();
    else if (this.#waiting !== '') this.#timer ??= setTimeout(() => this.#flush(), longestWait).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#busy) return;
    if (this.#waiting === '') {
      for (const idle of this.#whenIdle.splice(0)) idle();
      return;
    }
    const bytes = Buffer.from(this.#waiting + this.#lossLine());
    this.#waiting = '';
    this.#lost = 0;
    this.#busy = true;
    this.#writeOn(bytes);
  }

  #writeOn(bytes: Buffer): void {
    this.writeTo(this.fd, bytes, (error, count) => {
      if (error && error.code !== 'EPIPE') {
        const ms = error.code === 'EAGAIN' ? retryMs.EAGAIN : retryMs.otherwise;
        setTimeout(() => this.#writeOn(bytes), ms).unref();
        return;
      }
      if (error) this.#giveUp();
      else if (count < bytes.length) return this.#writeOn(bytes.subarray(count));
      this.#busy = false;
      this.#next();
    });
  }

  /** What follows the lines that there was room for. */
  #lossLine(): string {
    if (this.#lost === 0) return '';
    const msg = `${this.#lost} lines lost`;
    return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), pid: process.pid, msg })}\n`;
  }

  #giveUp(): void {
    this.#readerIsGone = true;
    this.#waiting = '';
  }

  #writeNow(): void {
    let bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.fd, bytes));
    } catch {
      // The reader is gone or full, and the process at its end: there is nobody left to tell.
    }
  }
}
