import { EventStoreDBClient, START } from '@eventstore/db-client';
import type { JSONEventData, JSONEventType, ResolvedEvent } from '@eventstore/db-client';
import services from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { batches } from './batches.js';
import { Appender } from './esdb-append.js';
import { reconnects, translated } from './esdb-errors.js';
import { readPages } from './esdb-read.js';
import { EventStoreUnavailable } from './event-store.js';
import type {
  EventStore,
  ExpectedRevision,
  NewEvent,
  ReadOptions,
  StoredEvent,
  SubscribeOptions,
  Subscription,
} from './event-store.js';
import { ResilientSubscription } from './subscription.js';

const pageSize = 1_000;
const pingMs = 1_500;
const appendMs = 10_000;
const closeMs = 1_000;
/** Clients kept, in use or retired. */
const maxClients = 5;
/** Never written: reading it proves that the store answers, with the rights every reader has. */
const pingStream = 'florin-readiness';

/**
 * Connects on first use; `url` is an `esdb://` connection string, credentials and TLS options included. One store is
 * enough for a process, and more are unwise: the client fails the pending appends of all when one connection breaks.
 */
export function connectEventStore(url: string): EventStore {
  return new EsdbEventStore(() => EventStoreDBClient.connectionString(url));
}

class EsdbEventStore implements EventStore {
  readonly #subscriptions = new Set<ResilientSubscription>();

  /** The last one is in use; those before it may still serve subscriptions. */
  readonly #clients: [...EventStoreDBClient[], EventStoreDBClient];

  /** Those of clients that were given up. */
  readonly #endings = new Set<Promise<void>>();

  readonly #appenders = new WeakMap<EventStoreDBClient, Appender>();

  /**
   * Settles with the first append of a connection, for which all others wait: while the client opens its stream of appends,
   * the second can overtake the first, and is then refused for its expected revision. Where the first one does not get
   * through, the next of those that wait goes first.
   */
  #first: Promise<void> | undefined;
  #isOpen = false;

  constructor(private readonly connect: () => EventStoreDBClient) {
    this.#clients = [connect()];
  }

  get #client(): EventStoreDBClient {
    return this.#clients[this.#clients.length - 1] as EventStoreDBClient;
  }

  read(stream: string, options: ReadOptions = {}): AsyncIterable<StoredEvent[]> {
    return this.#pages(stream, options, new AbortController().signal);
  }

  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<{ revision: bigint }> {
    if (events.length === 0) throw new RangeError('an append needs at least one event');
    for (let first = this.#first; first !== undefined; first = this.#first) {
      await first;
      if (this.#first === first) this.#first = undefined;
    }
    const appended = this.#append(stream, events, expected);
    if (!this.#isOpen) this.#first = this.#opensWith(appended);
    return appended;
  }

  async #opensWith(appended: Promise<unknown>): Promise<void> {
    const isRefused = (error: unknown): boolean => !(error instanceof EventStoreUnavailable);
    this.#isOpen = await appended.then(() => true, isRefused);
  }

  async #append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<{ revision: bigint }> {
    try {
      return { revision: await within(appendMs, this.#appendBy(this.#client, stream, events, expected)) };
    } catch (error) {
      const translation = translated(error, stream, expected);
      if (translation instanceof EventStoreUnavailable) {
        this.#isOpen = false;
        if (!reconnects(error)) this.#renew();
      }
      throw translation;
    }
  }

  async #appendBy(client: EventStoreDBClient, ...append: Parameters<Appender['append']>): Promise<bigint> {
    if (await client['supports'](services.StreamsService.batchAppend)) {
      let appender = this.#appenders.get(client);
      if (appender === undefined) this.#appenders.set(client, (appender = new Appender(client)));
      return appender.append(...append);
    }
    // A server from before 21.10 takes an append only in a call of its own.
    const [stream, events, expectedRevision] = append;
    const appended = await client.appendToStream(stream, events.map(jsonEvent), { expectedRevision });
    return appended.nextExpectedRevision;
  }

  subscribe(
    stream: string,
    options: SubscribeOptions,
    handler: (batch: StoredEvent[]) => Promise<void>,
  ): Subscription {
    const max = options.maxBatch ?? 500;
    const subscription = new ResilientSubscription(
      (after, signal) => this.#live(stream, after, max, signal),
      options,
      handler,
    );
    this.#subscriptions.add(subscription);
    return {
      get handled() {
        return subscription.handled;
      },
      stop: async () => {
        await subscription.stop();
        this.#subscriptions.delete(subscription);
      },
    };
  }

  async ping(): Promise<void> {
    const timeout = AbortSignal.timeout(pingMs);
    for await (const page of this.#pages(pingStream, { maxCount: 1 }, timeout)) {
      if (page.length > 0) return;
    }
    if (timeout.aborted) throw new EventStoreUnavailable(`no answer in ${pingMs} ms`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    this.#subscriptions.clear();
    await Promise.all([...this.#clients.map(endOf), ...this.#endings]);
  }

  /** The client asks once what the server can do and keeps the answer, a failure too: only another asks again. */
  #renew(): void {
    this.#clients.push(this.connect());
    if (this.#clients.length <= maxClients) return;
    const oldest = this.#clients.shift() as EventStoreDBClient;
    const ending = endOf(oldest).finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  async *#pages(stream: string, options: ReadOptions, signal: AbortSignal): AsyncGenerator<StoredEvent[]> {
    try {
      yield* readPages(this.#client, stream, options, { max: pageSize, signal });
    } catch (error) {
      throw translated(error, stream);
    }
  }

  async *#live(
    stream: string,
    after: bigint | undefined,
    max: number,
    signal: AbortSignal,
  ): AsyncGenerator<StoredEvent[]> {
    const source = this.#client.subscribeToStream<JSONEventType>(
      stream,
      { fromRevision: after ?? START },
      { highWaterMark: max },
    );
    try {
      for await (const batch of batches<ResolvedEvent>(source, { max, full: false, signal })) {
        yield storedEvents(batch);
      }
    } catch (error) {
      throw translated(error, stream);
    } finally {
      await source.unsubscribe().catch(ignoreUnopened);
    }
  }
}

/** `dispose` ends the calls and leaves the connection open; the channel is only reachable by its protected getter. */
async function endOf(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  await within(closeMs, client['getChannel']()).then((channel) => channel.close(), ignoreUnopened);
}

/** A call that never opened has nothing to cancel; why it did not open was reported as the stream's error. */
function ignoreUnopened(): void {}

function jsonEvent(event: NewEvent): JSONEventData {
  return {
    id: event.id,
    type: event.type,
    contentType: 'application/json',
    data: event.data as Record<string, unknown>,
    metadata: event.metadata as Record<string, unknown> | undefined,
  };
}

function storedEvents(page: ResolvedEvent[]): StoredEvent[] {
  return page.flatMap(({ event }) =>
    event === undefined
      ? []
      : [
          {
            id: event.id,
            type: event.type,
            revision: event.revision,
            data: event.data,
            metadata: event.metadata,
            created: event.created,
          },
        ],
  );
}

/** The client leaves an append without an answer pending for ever when its stream dies at the wrong moment. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EventStoreUnavailable(`no answer in ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
