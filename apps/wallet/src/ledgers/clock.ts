import type { Sql } from '@florin/messaging';

/** How far apart this machine's clock and PostgreSQL's may be. */
const MAX_APART_MS = 60_000;
const EVERY_MS = 30_000;

/**
 * This machine's clock and PostgreSQL's are too far apart. A book's clock never goes back: one decision by a clock that is
 * days ahead would have the book refuse the ids of all entries until those days are over.
 */
export class ClockOff extends Error {
  override readonly name = 'ClockOff';
  /** Commands wait, as in an outage, until the clocks agree. */
  readonly transient = true;
  /** Told by readiness. */
  readonly code = 'CLOCK_OFF';

  constructor(aheadMs: number) {
    const how = aheadMs > 0 ? 'ahead of' : 'behind';
    super(
      `the clock of this machine is ${Math.abs(aheadMs)} ms ${how} that of PostgreSQL: nothing is decided by it`,
    );
  }
}

interface Deps {
  readonly sql: Sql;
  readonly nowMs: () => number;
  /** Told by how many ms this machine's clock is ahead: 0 where the difference is within what the question took. */
  readonly onCompared?: (aheadMs: number) => void;
  /** Told where the clocks could not be compared: what was found before still counts. */
  readonly onError?: (error: unknown) => void;
}

/** This machine's clock, held against PostgreSQL's. */
export class CheckedClock {
  #off: ClockOff | undefined;
  #comparing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: Deps) {}

  /** ms since the epoch. Throws `ClockOff` where the clock was too far off when it was last compared. */
  readonly nowMs = (): number => {
    if (this.#off !== undefined) throw this.#off;
    return this.deps.nowMs();
  };

  /** Compares the clocks now. Throws `ClockOff`, and what the database throws. */
  async check(): Promise<void> {
    this.#comparing ??= this.#compare().finally(() => (this.#comparing = undefined));
    await this.#comparing;
    this.nowMs();
  }

  /** Compares the clocks from time to time. */
  watch(): void {
    this.#timer = setInterval(() => {
      this.check().catch((error: unknown) => {
        this.deps.onError?.(error);
      });
    }, EVERY_MS);
  }

  /** Ends once what is under way is told. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#comparing?.catch(() => undefined);
  }

  /** PostgreSQL answers some time between the question and the answer: only what that does not explain is a difference. */
  async #compare(): Promise<void> {
    const { nowMs, onCompared, sql } = this.deps;
    const asked = nowMs();
    const rows = (await sql.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms', [])) as {
      ms: string;
    }[];
    const theirs = Number(rows[0]?.ms);
    const aheadMs = asked > theirs ? asked - theirs : Math.min(nowMs() - theirs, 0);
    this.#off = Math.abs(aheadMs) > MAX_APART_MS ? new ClockOff(aheadMs) : undefined;
    onCompared?.(aheadMs);
  }
}
