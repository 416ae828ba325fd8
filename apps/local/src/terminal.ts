const interactive = process.stderr.isTTY === true;

/** Says what is going on: one line that is rewritten on a terminal, a line each elsewhere. */
export class ProgressLine {
  private readonly startedAt = Date.now();
  private text = '';
  private readonly timer = setInterval(() => this.draw(), 500).unref();

  show(text: string): void {
    this.text = text;
    if (interactive) this.draw();
    else process.stderr.write(`${text} …\n`);
  }

  get seconds(): number {
    return Math.round((Date.now() - this.startedAt) / 1000);
  }

  done(): void {
    clearInterval(this.timer);
    if (interactive) process.stderr.write('\r\x1b[2K');
  }

  private draw(): void {
    if (interactive && this.text !== '') process.stderr.write(`\r\x1b[2K${this.text} … ${this.seconds} s`);
  }
}

/**
 * Aborted by Ctrl-C, by a request to stop, by the end of the terminal, or when the runner that started this process has been killed.
 * Later signals change nothing: stopping has its own time limits.
 */
export function interruption(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(signal));
  }
  const orphaned = () => controller.abort('the runner is gone');
  if (process.connected) process.once('disconnect', orphaned);
  // There was a channel, and it was closed before anyone listened.
  else if (process.send !== undefined) orphaned();
  // A terminal that is gone must not keep anything from being stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return controller;
}
