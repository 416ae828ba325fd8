import { Client, type ClientConfig } from 'pg';
import { backOff, pause } from './backoff.js';

export interface ExclusiveOptions {
  /** The database whose instances take turns. One connection of its own is kept. */
  readonly connection: string | ClientConfig;
  /** What is exclusive, within the schema of the connection. */
  readonly name: string;
  /**
   * The work of the one that leads, for as long as `signal` allows: it aborts when this instance stops, or its
   * connection is lost and the lead with it. `client` is the connection; nobody else uses it meanwhile.
   */
  readonly lead: (client: Client, signal: AbortSignal) => Promise<void>;
  /** Passes the time until the lead is asked for again; by default it just waits. */
  readonly standBy?: (client: Client, ms: number, signal: AbortSignal) => Promise<void>;
  /** Told why the work was interrupted; it begins again by itself. */
  readonly onError: (error: unknown, failures: number) => void;
  /** A connection that is silent for so long loses the lead, in milliseconds. Default 15,000. */
  readonly silentMs?: number;
}

const askEveryMs = 1_000;
const backoff = { firstDelayMs: 100, longestDelayMs: 2_000 };

const tryToLead = `SELECT pg_try_advisory_lock(hashtextextended($1 || ' of ' || current_schema(), 0)) AS leading`;

/**
 * Runs work on one instance at a time, by a PostgreSQL advisory lock on a connection of its own: when the instance or its
 * connection dies, the lock is free and another instance takes over within a second. One that is stopped without its end
 * (a debugger, a machine that is suspended) keeps its connection and says nothing: PostgreSQL ends the session then, which
 * must therefore be used every few seconds. Two may overlap for a moment after a broken connection or such a stop, so the
 * work itself must bear being done twice.
 */
export class Exclusive {
  readonly #stopping = new AbortController();
  #done: Promise<void> | undefined;

  constructor(private readonly options: ExclusiveOptions) {}

  start(): void {
    this.#done ??= this.#run();
  }

  /** Lets the work end and gives the lead away. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted;) {
      const client = new Client(this.#config());
      const startedAt = Date.now();
      try {
        await this.#session(client);
      } catch (error) {
        // What held for a while is a new failure, not one more of the same.
        failures = Date.now() - startedAt > backoff.longestDelayMs ? 1 : failures + 1;
        this.options.onError(error, failures);
        await backOff(backoff, failures, signal);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Until stopped; throws when the connection breaks, and with it the lock, and when the work fails. */
  async #session(client: Client): Promise<void> {
    const over = new AbortController();
    client.on('error', (error) => over.abort(error));
    client.on('end', () => over.abort(new Error('the database closed the connection')));
    await client.connect();
    const { silentMs = 15_000 } = this.options;
    await client.query(`SET idle_session_timeout = ${Math.round(silentMs)}`);
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    const { lead, standBy = waitOnly } = this.options;
    while (!signal.aborted && !(await this.#leads(client))) await standBy(client, askEveryMs, signal);
    if (!signal.aborted) await lead(client, signal);
    if (!this.#stopping.signal.aborted) throw over.signal.reason ?? new Error('the work ended by itself');
  }

  async #leads(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ leading: boolean }>(tryToLead, [this.options.name]);
    return rows[0]?.leading === true;
  }

  #config(): ClientConfig {
    const { connection, name } = this.options;
    return {
      ...(typeof connection === 'string' ? { connectionString: connection } : connection),
      application_name: `florin ${name}`,
      connectionTimeoutMillis: 5_000,
      // A dead connection is found out, whatever the server's limit is.
      query_timeout: 10_000,
      keepAlive: true,
    };
  }
}

/** For work that does not use its connection: waits until `signal` aborts, and throws when the connection is dead. */
export async function holdLead(client: Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await client.query('SELECT 1');
    await pause(askEveryMs, signal);
  }
}

/** For work that does not use its connection and may take long: shows PostgreSQL meanwhile that this instance is there. */
export async function keptAlive<T>(client: Client, work: Promise<T>, everyMs = 2_000): Promise<T> {
  let asking: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    // What is wrong with the connection aborts the lead, and is told there.
    asking ??= client.query('SELECT 1').then(
      () => (asking = undefined),
      () => (asking = undefined),
    );
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    await asking;
  }
}

async function waitOnly(_client: Client, ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, signal);
}
