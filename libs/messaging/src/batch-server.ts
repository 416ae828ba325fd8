import { ServerKafka, type CustomTransportStrategy } from '@nestjs/microservices';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Counter, Gauge, Registry } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import { backOff, pause, type Backoff } from './backoff.js';
import {
  handleMessages,
  type BatchMessage,
  type BatchPolicy,
  type DeadLetterReason,
} from './batch-handling.js';
import { deadLetter } from './dead-letter.js';
import { createKafka, type KafkaSettings } from './kafka.js';
import type { Logger } from './logger.js';
import { counter, gauge } from './metrics.js';
import { notReady, reasonOf } from './not-ready.js';
import { OffsetCommitter } from './offset-committer.js';
import { extrasKey, type BatchContext, type HandlerExtras } from './on-events.js';
import type { EventPublisher } from './publisher.js';
import { withConsumerSpan } from './trace.js';

export interface BatchServerOptions {
  readonly kafka: KafkaSettings;
  readonly groupId: string;
  /** Takes the dead letters. */
  readonly publisher: Pick<EventPublisher, 'send'>;
  readonly logger: Logger;
  readonly metrics?: Registry;
  /** Partitions handled at the same time. Default 3. */
  readonly concurrency?: number;
  /**
   * Least time from the beginning of a batch of several events to the next of the same partition, in ms. What comes
   * meanwhile is the next batch: a busy topic costs fewer transactions, a quiet one waits for nothing. Default 0.
   */
  readonly paceMs?: number;
  /** Runs of the handler that one event gets, and the waits between them. Default 5 in about 3 s. */
  readonly retry?: Partial<Backoff & { readonly maxAttempts: number }>;
}

const heartbeatMs = 500;
/** How long the partitions of a process that was killed wait for another one; Apache Kafka takes no less. */
const sessionMs = 6_000;
const slowMs = 30_000;
const backoff = { firstDelayMs: 200, longestDelayMs: 5_000 };
const reconnectBackoff = { firstDelayMs: 200, longestDelayMs: 2_000 };

/**
 * Nest's decorators over Kafka in batches: binds the `OnEvents` handlers of the application to one consumer group.
 * `app.connectMicroservice({ strategy: new KafkaBatchServer(…) })`.
 *
 * Each batch holds events of one partition in order. Offsets are committed after the effect only. What fails is tried
 * again, what keeps failing goes to `<topic>.dlq`, an outage is waited out (see `handleMessages`). While a partition
 * waits, the others of this group member wait with it: give slow work a group of its own. A lost connection is
 * taken up again for as long as it takes; `isReady` and `ping` tell.
 */
export class KafkaBatchServer extends ServerKafka implements CustomTransportStrategy {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #events: Counter<'topic' | 'group' | 'outcome'>;
  readonly #lag: Gauge<'topic' | 'group' | 'partition'>;
  readonly #logger: Logger;
  #committer: OffsetCommitter | undefined;
  /** Aborted when the session with Kafka ends, so that no handler waits for an outage to pass on its behalf. */
  #session = new AbortController();
  #joined = false;
  /** When Kafka last answered this consumer, by `performance.now()`. */
  #heardAt = 0;
  /** What ended the last session. */
  #lost: unknown;
  #done: Promise<void> | undefined;

  constructor(private readonly settings: BatchServerOptions) {
    super({ postfixId: '', client: { brokers: [] }, consumer: { groupId: settings.groupId } });
    this.#logger = settings.logger;
    this.#events = counter(
      settings.metrics,
      'florin_consumer_events_total',
      'Events by what became of them: handled, skipped, retried, dead_lettered',
      ['topic', 'group', 'outcome'],
    );
    this.#lag = gauge(settings.metrics, 'florin_consumer_lag', 'Messages behind the end of the partition', [
      'topic',
      'group',
      'partition',
    ]);
  }

  /** Begins to consume; does not wait for Kafka, so that the service answers its health checks while Kafka is away. */
  override listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.#checkHandlers();
      this.#done ??= this.#supervise();
      callback();
    } catch (error) {
      callback(error);
    }
    return Promise.resolve();
  }

  /** Whether this consumer is a member of its group and hears from Kafka. */
  isReady(): boolean {
    return this.#joined && this.#silentMs() < sessionMs;
  }

  /** For readiness checks: rejects, with the reason as its code, while the consumer does not get its messages. */
  ping(): Promise<void> {
    if (!this.#joined) {
      const message = `consumer ${this.groupId} is not in its group`;
      return Promise.reject(notReady(message, reasonOf(this.#lost)));
    }
    // A Kafka that hangs keeps its connections: kafkajs takes minutes to give it up.
    const silentMs = this.#silentMs();
    if (silentMs < sessionMs) return Promise.resolve();
    const reason = `no heartbeat for ${Math.floor(silentMs / 1_000)} s`;
    return Promise.reject(notReady(`consumer ${this.groupId}: ${reason}`, reason));
  }

  /** Lets the batches under way finish, commits their offsets and leaves the group. */
  override async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  override createClient<T = Kafka>(): Promise<T> {
    return Promise.resolve(createKafka({ logger: this.#logger, ...this.settings.kafka }) as T);
  }

  /** Where Nest's server would hand over message by message. */
  override async bindEvents(consumer: Consumer): Promise<void> {
    await consumer.subscribe({ topics: [...this.messageHandlers.keys()], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.settings.concurrency ?? 3,
      eachBatch: (payload) => this.#track(this.#eachBatch(payload)),
    });
  }

  #checkHandlers(): void {
    if (this.messageHandlers.size === 0) throw new Error(`consumer ${this.groupId} has no handlers`);
    for (const [topic, handler] of this.messageHandlers) {
      if (handler.extras?.[extrasKey] === undefined)
        throw new Error(`${topic}: use OnEvents for its handler`);
      // Two would share one retry and one dead letter, and each would be run again for the other's failure.
      if (handler.next !== undefined) throw new Error(`${topic}: two handlers in group ${this.groupId}`);
    }
  }

  /** Sessions with Kafka, one after the other, until closed. */
  async #supervise(): Promise<void> {
    const kafka = await this.createClient();
    for (let failures = 0; !this.#closing.signal.aborted;) {
      try {
        await this.#consume(kafka, () => (failures = 0));
      } catch (error) {
        failures += 1;
        this.#lost = error;
        this.#logger.warn({ err: error, group: this.groupId, failures }, 'consumer lost Kafka, trying again');
        await backOff(reconnectBackoff, failures, this.#closing.signal);
      }
    }
  }

  /** One consumer, until closed (resolves) or until kafkajs gives up (rejects). */
  async #consume(kafka: Kafka, joined: () => void): Promise<void> {
    const consumer = kafka.consumer({
      groupId: this.groupId,
      heartbeatInterval: heartbeatMs,
      sessionTimeout: sessionMs,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 500,
      minBytes: 1,
      allowAutoTopicCreation: false,
      // A restart inside kafkajs keeps its broken state; a new consumer does not.
      retry: { restartOnFailure: () => Promise.resolve(false) },
    });
    const committer = new OffsetCommitter(consumer, this.#logger);
    const session = new AbortController();
    this.consumer = consumer;
    this.#committer = committer;
    this.#session = session;
    this.registerConsumerEventListeners();
    const { promise: over, resolve: end, reject: crash } = Promise.withResolvers<void>();
    over.catch(() => undefined);
    this.#closing.signal.addEventListener('abort', () => end(), { once: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => crash(payload.error));
    consumer.on(consumer.events.REBALANCING, () => void committer.flush());
    consumer.on(consumer.events.GROUP_JOIN, () => {
      committer.reset();
      joined();
      this.#joined = true;
      this.#lost = undefined;
    });
    const { HEARTBEAT, FETCH, GROUP_JOIN } = consumer.events;
    for (const event of [HEARTBEAT, FETCH, GROUP_JOIN]) {
      consumer.on(event, () => (this.#heardAt = performance.now()));
    }
    try {
      await consumer.connect();
      await this.bindEvents(consumer);
      await over;
    } finally {
      session.abort();
      await Promise.all(this.#running);
      await committer.flush();
      this.#joined = false;
      await consumer.disconnect().catch((error: unknown) => {
        this.#logger.debug({ err: error }, 'consumer did not disconnect');
      });
    }
  }

  #silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  async #track(work: Promise<void>): Promise<void> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    try {
      await work;
    } finally {
      this.#running.delete(settled);
    }
  }

  async #eachBatch({ batch, heartbeat, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    if (this.#closing.signal.aborted || isStale()) return;
    const { topic, partition } = batch;
    const lost = new AbortController();
    const beat = setInterval(() => {
      heartbeat().catch((error: unknown) => lost.abort(error));
    }, heartbeatMs);
    const slow = setInterval(() => {
      this.#logger.warn({ topic, partition, group: this.groupId }, `a batch takes longer than ${slowMs} ms`);
    }, slowMs);
    const signal = AbortSignal.any([this.#closing.signal, this.#session.signal, lost.signal]);
    const committer = this.#committer;
    const nextAt = performance.now() + (this.settings.paceMs ?? 0);
    try {
      await handleMessages(
        batch.messages,
        this.#policy(topic, partition, signal, (offset) => {
          resolveOffset(offset);
          committer?.handled(topic, partition, offset);
          const behind = BigInt(batch.highWatermark) - BigInt(offset) - 1n;
          this.#lag.set({ topic, partition, group: this.groupId }, Number(behind));
        }),
      );
      if (batch.messages.length > 1) await pause(nextAt - performance.now(), signal);
    } finally {
      clearInterval(beat);
      clearInterval(slow);
    }
    // kafkajs joins the group again for these errors.
    if (lost.signal.aborted) throw lost.signal.reason;
  }

  #policy(
    topic: string,
    partition: number,
    signal: AbortSignal,
    resolved: (offset: string) => void,
  ): BatchPolicy {
    const handler = this.messageHandlers.get(topic);
    const extras = handler?.extras?.[extrasKey] as HandlerExtras | undefined;
    if (handler === undefined || extras === undefined) throw new Error(`no handler for ${topic}`);
    const context: BatchContext = { topic, partition, signal };
    const { retry } = this.settings;
    return {
      ...extras,
      maxAttempts: retry?.maxAttempts ?? 5,
      backoff: { ...backoff, ...retry },
      signal,
      resolved,
      handle: (events) =>
        withConsumerSpan(topic, events, async () => {
          const result: unknown = await handler(events, context);
          if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
        }),
      giveUp: (message, reason) => this.#giveUp(topic, partition, message, reason),
      report: (outcome, count, error) => {
        this.#events.inc({ topic, group: this.groupId, outcome }, count);
        if (error !== undefined) {
          this.#logger.warn(
            { err: error, topic, partition, group: this.groupId },
            'handling failed, trying again',
          );
        }
      },
    };
  }

  async #giveUp(
    topic: string,
    partition: number,
    message: BatchMessage,
    reason: DeadLetterReason,
  ): Promise<void> {
    const { offset } = message;
    await this.settings.publisher.send([
      deadLetter(message, { topic, partition, offset, group: this.groupId, ...reason }),
    ]);
    this.#events.inc({ topic, group: this.groupId, outcome: 'dead_lettered' });
    this.#logger.error(
      { err: reason.error, topic, partition, offset, group: this.groupId, reason: reason.reason },
      'message moved to the dead letter',
    );
  }
}
