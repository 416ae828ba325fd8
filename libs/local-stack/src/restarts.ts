import { setTimeout as sleep } from 'node:timers/promises';

/** How long is waited before each attempt to start a process again. After the last one it stays down. */
export const waitsMs: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000];
/** A process that ran so long has got over what ended it: its next end counts as a first. */
const steadyMs = 60_000;

export interface RestartsOptions<Name> {
  /** Resolves when the process is ready; rejects, with none of it running, when it cannot be started. */
  readonly start: (name: Name) => Promise<void>;
  readonly say: (line: string) => void;
  /** Aborted when everything stops. */
  readonly signal: AbortSignal;
  /** Rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly now?: () => number;
}

/** Starts services and engines again that have ended by themselves, a bounded number of times and later each time. */
export class Restarts<Name extends string> {
  private readonly attempts = new Map<Name, { count: number; readySinceMs: number }>();

  constructor(private readonly options: RestartsOptions<Name>) {}

  /** Resolves when the process is ready again, is given up, or everything stops. Says which. */
  async ended(name: Name): Promise<void> {
    const { signal, say, start, wait = waitFor, now = Date.now } = this.options;
    const earlier = this.attempts.get(name);
    const wasSteady = earlier === undefined || now() - earlier.readySinceMs >= steadyMs;
    for (let count = wasSteady ? 0 : earlier.count; !signal.aborted;) {
      const waitMs = waitsMs[count++];
      if (waitMs === undefined) return say(givenUp(name));
      say(`${name} is started again in ${waitMs / 1000} s (attempt ${count} of ${waitsMs.length}).`);
      try {
        await wait(waitMs, signal);
        await start(name);
        this.attempts.set(name, { count, readySinceMs: now() });
        return say(`${name} is ready again.`);
      } catch (error) {
        if (!signal.aborted) say(firstLine(error));
      }
    }
  }
}

function givenUp(name: string): string {
  return (
    `${name} ends again and again and is not started any more; the others go on. ` +
    'Look at its log, stop with Ctrl-C, and start again.'
  );
}

/** What follows is the end of the log. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}

function waitFor(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal });
}
