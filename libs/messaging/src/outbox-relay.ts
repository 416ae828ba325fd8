import type { Client, ClientConfig } from 'pg';
import type { Counter, Histogram, Registry } from 'prom-client';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOff } from './backoff.js';
import { Bell } from './bell.js';
import { Exclusive, keptAlive } from './exclusive.js';
import type { Logger } from './logger.js';
import { counter, seconds } from './metrics.js';
import { notReady, reasonOf } from './not-ready.js';
import type { EventPublisher } from './publisher.js';

export interface OutboxRelayOptions {
  /** The database with the table `outbox`. The relay keeps one connection of its own. */
  readonly connection: string | ClientConfig;
  readonly publisher: Pick<EventPublisher, 'send'>;
  readonly logger: Logger;
  readonly metrics?: Registry;
  /** Most rows published at once. Default 500. */
  readonly batchSize?: number;
  /** Looks for rows this often even when nobody wakes it. Default 500. */
  readonly pollMs?: number;
}

interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly partition_key: string;
  readonly headers: Record<string, string>;
  readonly payload: string;
  readonly created_at: Date;
}

/** A NOTIFY takes a lock that commits of other NOTIFYs wait for: one is enough for all that happens meanwhile. */
const notifyEveryMs = 20;
/** Kafka takes a batch in less, or hangs. */
const slowMs = 6_000;
const backoff = { firstDelayMs: 100, longestDelayMs: 2_000 };

/** Deletes what was published and takes what comes next, in one round trip. Both see the table as it was before. */
const next = {
  name: 'outbox-next',
  text: `WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]))
    SELECT id, topic, partition_key, headers, payload, created_at
    FROM outbox WHERE id <> ALL($1::bigint[]) ORDER BY id LIMIT $2`,
};

/**
 * Publishes what is in an outbox: takes the rows that are there in the order of their ids, produces them, deletes
 * them once Kafka has them. By presence and not by "greater than the last id": ids commit out of order.
 * One relay of all instances leads (see `Exclusive`), the others stand by and take over within a second. A leader that
 * dies between producing and deleting leaves rows that its successor produces again, with the same event ids.
 * What Kafka does not take (a topic that is missing) holds up all that is behind it, until it does: order before speed.
 */
export class OutboxRelay {
  readonly #exclusive: Exclusive;
  readonly #bell = new Bell();
  readonly #relayed: Counter;
  readonly #delay: Histogram;
  #leading = false;
  /** The batch that Kafka has not taken yet: since when, and why not. */
  #underWay: { readonly since: number; error?: unknown } | undefined;

  constructor(private readonly options: OutboxRelayOptions) {
    this.#relayed = counter(
      options.metrics,
      'florin_outbox_relayed_total',
      'Events published from the outbox',
      [],
    );
    this.#delay = seconds(
      options.metrics,
      'florin_outbox_delay_seconds',
      'Age of the oldest event of a published batch',
    );
    this.#exclusive = new Exclusive({
      connection: options.connection,
      name: 'outbox',
      lead: (client, signal) => this.#lead(client, signal),
      standBy: (client, ms, signal) => this.#standBy(client, ms, signal),
      onError: (error, failures) =>
        options.logger.warn({ err: error, failures }, 'the outbox relay was interrupted, trying again'),
    });
  }

  /** Whether this relay is the one that publishes. */
  get leading(): boolean {
    return this.#leading;
  }

  /** Rejects, with the reason as its code, while Kafka does not take what this relay has for it. */
  ping(): Promise<void> {
    if (this.#underWay === undefined) return Promise.resolve();
    const { since, error } = this.#underWay;
    const silentMs = performance.now() - since;
    if (error === undefined && silentMs < slowMs) return Promise.resolve();
    const reason = error === undefined ? `no answer for ${Math.floor(silentMs / 1_000)} s` : reasonOf(error);
    return Promise.reject(notReady('the outbox is held up', reason));
  }

  start(): void {
    this.#exclusive.start();
  }

  /** To be called after a commit that wrote to the outbox; costs nothing, and never fails. */
  wake(): void {
    this.#bell.ring();
  }

  /** Finishes the batch under way; rows that are left stay for the next relay. */
  stop(): Promise<void> {
    return this.#exclusive.stop();
  }

  async #lead(client: Client, signal: AbortSignal): Promise<void> {
    client.on('notification', () => this.#bell.ring());
    await client.query('LISTEN outbox');
    // A deletion that a crash of the database undoes is an event published twice, which consumers expect.
    await client.query('SET synchronous_commit = off');
    this.#leading = true;
    this.options.logger.info({}, 'outbox relay leads');
    try {
      await this.#relay(client, signal);
    } finally {
      this.#leading = false;
      this.#underWay = undefined;
    }
  }

  /** Hands rings of this instance on to the leader's. */
  async #standBy(client: Client, ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms;
    while (Date.now() < until && !signal.aborted) {
      if (await this.#bell.wait(until - Date.now(), signal)) {
        await client.query('NOTIFY outbox');
        await sleep(notifyEveryMs);
      }
    }
  }

  async #relay(client: Client, signal: AbortSignal): Promise<void> {
    const { batchSize = 500, pollMs = 500 } = this.options;
    let published: string[] = [];
    do {
      const { rows } = await client.query<OutboxRow>({ ...next, values: [published, batchSize] });
      published = [];
      if (signal.aborted) return;
      if (rows.length === 0) {
        await this.#bell.wait(pollMs, signal);
      } else if (await this.#produce(client, rows, signal)) {
        published = rows.map(({ id }) => id);
      }
    } while (!signal.aborted || published.length > 0);
  }

  /** Until Kafka has the rows (true), or the relay must end (false). */
  async #produce(client: Client, rows: OutboxRow[], signal: AbortSignal): Promise<boolean> {
    const messages = rows.map(({ topic, partition_key: key, headers, payload: value }) => ({
      topic,
      key,
      headers,
      value,
    }));
    for (let failures = 0; !signal.aborted;) {
      const underWay = (this.#underWay ??= { since: performance.now() });
      try {
        await keptAlive(client, this.options.publisher.send(messages));
        this.#underWay = undefined;
        this.#relayed.inc(rows.length);
        this.#delay.observe((Date.now() - Number(rows[0]?.created_at)) / 1_000);
        return true;
      } catch (error) {
        failures += 1;
        underWay.error = error;
        this.options.logger.warn({ err: error, failures }, 'outbox relay could not publish, trying again');
        await backOff(backoff, failures, signal);
      }
    }
    return false;
  }
}
