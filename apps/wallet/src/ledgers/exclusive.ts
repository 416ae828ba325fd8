import type { DataSource, QueryRunner } from 'typeorm';

interface Deps {
  readonly database: DataSource;
  /** What is exclusive; instances that name the same thing take turns. */
  readonly name: string;
  /** Begins the work and answers how to end it. */
  readonly start: () => Promise<{ stop(): Promise<void> }>;
  readonly onError: (error: unknown) => void;
}

/** How often another instance asks for the lock, and the owner makes sure that it still has it. */
const checkEveryMs = 1_000;

/**
 * Runs work on one instance at a time, by a PostgreSQL advisory lock on a connection of its own: when the instance or its
 * connection dies, the lock is free and another instance takes over. Two may overlap for a moment after a broken connection,
 * so the work itself must bear being done twice.
 */
export class Exclusive {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly deps: Deps) {
    this.running = this.run();
  }

  /** Ends the work and gives the lock back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const connection = this.deps.database.createQueryRunner();
      try {
        if (await this.lock(connection)) await this.work(connection);
      } catch (error) {
        this.deps.onError(error);
      } finally {
        await this.release(connection);
      }
      await this.pause();
    }
  }

  private async work(connection: QueryRunner): Promise<void> {
    const work = await this.deps.start();
    try {
      while (!this.stopping.signal.aborted) {
        await this.pause();
        await connection.query('SELECT 1');
      }
    } finally {
      await work.stop();
    }
  }

  private async lock(connection: QueryRunner): Promise<boolean> {
    const rows = (await connection.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [
      this.deps.name,
    ])) as { locked: boolean }[];
    return rows[0]?.locked === true;
  }

  private async release(connection: QueryRunner): Promise<void> {
    // The connection goes back to the pool: it must not keep the lock.
    await connection.query('SELECT pg_advisory_unlock_all()').catch(this.deps.onError);
    await connection.release().catch(this.deps.onError);
  }

  private pause(): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, checkEveryMs);
      signal.addEventListener('abort', done);
    });
  }
}
