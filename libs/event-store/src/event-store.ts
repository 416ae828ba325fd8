/** A new event, before it is in a stream. `data` and `metadata` are JSON values. */
export interface NewEvent {
  /** UUID, chosen by the caller: appending the same ids at the same expected revision again changes nothing. */
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata?: object;
}

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  /** Place in its stream, from 0, without gaps. */
  readonly revision: bigint;
  readonly data: unknown;
  /** `undefined` when the event has none. */
  readonly metadata: unknown;
  readonly created: Date;
}

/** What the last event of the stream must be for an append to happen. */
export type ExpectedRevision = bigint | 'no_stream' | 'any';

export interface ReadOptions {
  /** First revision read, inclusive; by default the first event, or the last one when reading backwards. */
  readonly from?: bigint;
  readonly direction?: 'forwards' | 'backwards';
  /** Stop after this many events. */
  readonly maxCount?: number;
}

export interface SubscribeOptions {
  /** Revision of the last event already handled; by default none. */
  readonly after?: bigint;
  /** Most events handed over at once, and most that wait in memory. Default 500. */
  readonly maxBatch?: number;
  /** Told of every dropped connection and of every failed run of the handler; `attempt` counts from 1. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

export interface Subscription {
  /** Revision of the last event whose batch was handled, or where the subscription began. */
  readonly handled: bigint | undefined;
  /** Ends the subscription, once the handler under way (if any) has settled. */
  stop(): Promise<void>;
}

/** Streams of events. Another client or product can stand behind it; nothing here names one. */
export interface EventStore {
  /**
   * Pages of a stream, at most 1,000 events each; nothing for a stream that does not exist. Leaving the loop early
   * ends the read. Throws `EventStoreUnavailable` when the connection is lost on the way.
   */
  read(stream: string, options?: ReadOptions): AsyncIterable<StoredEvent[]>;
  /**
   * Appends all events or none, and answers the revision of the last one. Throws `WrongExpectedRevision` when the
   * stream is elsewhere and `AppendTooLarge` above the store's limit (1 MiB in all by default). After
   * `EventStoreUnavailable` the outcome is unknown: read the stream, or append the same ids at the same expected
   * revision again. Appends of one process to one stream arrive in the order of the calls.
   */
  append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<{ revision: bigint }>;
  /**
   * Hands over every event after `after`, in order, those there and those to come; a stream that does not exist yet
   * is waited for. What arrives while the handler runs is the next batch. A failing handler gets the same batch again
   * with back-off, for ever: nothing is skipped. A lost connection is taken up again after the last handled event.
   */
  subscribe(
    stream: string,
    options: SubscribeOptions,
    handler: (batch: StoredEvent[]) => Promise<void>,
  ): Subscription;
  /** Resolves when the store answers a read within 1.5 s; throws `EventStoreUnavailable` otherwise. */
  ping(): Promise<void>;
  /** Stops the subscriptions and closes the connection. */
  close(): Promise<void>;
}

/** Somebody else appended first. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';

  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: bigint | 'no_stream',
  ) {
    super(`stream ${stream} is at ${actual}, expected ${expected}`);
  }
}

/** The events of one append are more than the store takes at once: append fewer. */
export class AppendTooLarge extends Error {
  override readonly name = 'AppendTooLarge';

  constructor(
    readonly stream: string,
    readonly limitBytes: number,
  ) {
    super(`an append to ${stream} is larger than ${limitBytes} bytes`);
  }
}

/** No answer, or the connection broke. Worth trying again later. */
export class EventStoreUnavailable extends Error {
  override readonly name = 'EventStoreUnavailable';
  /** Read by the consumers' retry policy: an outage is waited out. */
  readonly transient = true;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
