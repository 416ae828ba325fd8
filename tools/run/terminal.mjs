const interactive = process.stderr.isTTY === true;

/**
 * One line that says what is going on, with its seconds; `work` runs meanwhile. Without a terminal it is one plain line,
 * so that a log file stays readable. All of it goes to stderr: stdout belongs to the command.
 */
export async function withProgress(text, work) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  if (!interactive) process.stderr.write(`${text} …\n`);
  const draw = () => process.stderr.write(`\r\x1b[2K${text} … ${seconds()} s`);
  const timer = interactive ? setInterval(draw, 500) : undefined;
  if (interactive) draw();
  try {
    const result = await work();
    process.stderr.write(`${interactive ? '\r\x1b[2K' : ''}${text}: ${seconds()} s\n`);
    return result;
  } catch (error) {
    if (interactive) process.stderr.write('\r\x1b[2K');
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Ends the run with one message for a person and exit code 1 (or `code`). */
export class Failure extends Error {
  constructor(message, code = 1) {
    super(message);
    this.code = code;
  }
}
