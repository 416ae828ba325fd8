import {
  EventStoreUnavailable,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type StoredEvent,
  type SubscribeOptions,
  type Subscription,
} from '@florin/event-store';
import type { Fate } from '../history/steps.js';
import type { Disk } from './disk.js';

/** An append that was called and is not over. */
export interface Append {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  readonly expected: ExpectedRevision;
  /** What of it is known to whoever watches. */
  readonly note: unknown;
  readonly resolve: (done: { revision: bigint }) => void;
  readonly reject: (error: Error) => void;
}

interface Watch {
  /** A stream is read on to its end; `length` is its length. */
  readonly onRead?: (stream: string, length: number) => void;
  /** An append was called; what is returned is its `note`. */
  readonly onAppend?: (stream: string, events: readonly NewEvent[], expected: ExpectedRevision) => unknown;
  /** It happened; where its events are not new, the same stood there already. */
  readonly onLanded?: (append: Append, isNew: boolean) => void;
  /** It will happen later. */
  readonly onLate?: (append: Append) => void;
  readonly onCrash: () => void;
}

/** How one process sees the event store: an `EventStore` whose appends have the fate that a history says. */
export class Connection implements Pick<EventStore, 'read' | 'append' | 'subscribe'> {
  /** Fates of the next appends; then they are done. */
  fates: Fate[] = [];
  /** Appends wait to be let go. */
  held = false;
  /** The process is dead: nothing that it does has an effect, nothing that it waits for happens. */
  dead = false;
  readonly #underWay: Append[] = [];
  #follower:
    { readonly stream: string; next: number; handler: (batch: StoredEvent[]) => Promise<void> } | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly watch: Watch,
  ) {}

  get underWay(): number {
    return this.#underWay.length;
  }

  append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<{ revision: bigint }> {
    return new Promise((resolve, reject) => {
      if (this.dead) return;
      const note = this.watch.onAppend?.(stream, events, expected);
      this.#underWay.push({ stream, events, expected, note, resolve, reject });
      if (!this.held) this.#settle(this.fates.shift() ?? 'done');
    });
  }

  /** Lets the appends that are under way happen, in their order, and those to come. */
  letGo(): void {
    this.held = false;
    while (this.#underWay.length > 0 && !this.dead) this.#settle(this.fates.shift() ?? 'done');
  }

  #settle(fate: Fate): void {
    const append = this.#underWay.shift() as Append;
    if (fate === 'crash-before') return this.watch.onCrash();
    if (fate === 'lost') return append.reject(new EventStoreUnavailable('no answer: the append is lost'));
    if (fate === 'late') {
      this.watch.onLate?.(append);
      return append.reject(new EventStoreUnavailable('no answer: the append is late'));
    }
    try {
      const isNew = this.disk.append(append.stream, append.events, append.expected) > 0;
      this.watch.onLanded?.(append, isNew);
    } catch (error) {
      return append.reject(error as Error);
    }
    if (fate === 'crash-after') return this.watch.onCrash();
    if (fate === 'unacknowledged') {
      return append.reject(new EventStoreUnavailable('no answer: the acknowledgement is lost'));
    }
    append.resolve({ revision: BigInt(this.disk.stream(append.stream).length - 1) });
  }

  async *read(...[stream, options = {}]: Parameters<EventStore['read']>): AsyncGenerator<StoredEvent[]> {
    const all = this.disk.stream(stream);
    const { direction = 'forwards', from, maxCount } = options;
    if (direction === 'forwards' && maxCount === undefined) this.watch.onRead?.(stream, all.length);
    const found =
      direction === 'forwards'
        ? all.slice(Number(from ?? 0n), maxCount === undefined ? undefined : Number(from ?? 0n) + maxCount)
        : all
            .slice(0, from === undefined ? undefined : Number(from) + 1)
            .toReversed()
            .slice(0, maxCount);
    if (this.dead) await new Promise(() => undefined);
    for (let i = 0; i < found.length; i += PAGE) yield found.slice(i, i + PAGE);
  }

  subscribe(
    stream: string,
    { after = -1n }: SubscribeOptions,
    handler: (batch: StoredEvent[]) => Promise<void>,
  ): Subscription {
    this.#follower = { stream, next: Number(after) + 1, handler };
    return { handled: after, stop: () => Promise.resolve() };
  }

  /** Hands the subscriber what is new, once: where it fails, the same comes again when this is called again. */
  async deliver(): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined || this.dead) return;
    const batch = this.disk.stream(follower.stream).slice(follower.next, follower.next + PAGE);
    if (batch.length === 0) return;
    await follower.handler(batch);
    follower.next += batch.length;
  }
}

/** Events of a page, fewer than make a keeper of snapshots pause. */
const PAGE = 400;
