import type { LogCheck } from '@florin/books';
import { ledgerStream, type CloudEvent, type Market } from '@florin/contracts';
import type { EventStore, Subscription } from '@florin/event-store';
import type { PreparedDatabase } from '@florin/service-host';
import { projectBalances } from '../balances/balance.projection.js';
import { endHolds } from './hold-expiry.js';
import { LedgerPublisher } from './ledger.publisher.js';
import { progressOf, type Follower } from './progress.js';

interface Deps {
  readonly market: Market;
  readonly store: EventStore;
  readonly database: PreparedDatabase;
  readonly checkLog: LogCheck;
  readonly publish: (events: CloudEvent[]) => Promise<void>;
  readonly traceOf: (entryId: string) => { traceparent: string; tracestate?: string } | undefined;
  readonly onError: (follower: string, error: unknown, attempt: number) => void;
}

/** What follows the log of a book: the publisher to Kafka and the projection of balances, each at its own place and pace, and what has holds end in time. Throws `LogBehind`. */
export async function followBook(deps: Deps): Promise<{ stop(): Promise<void> }> {
  const { store, database, market } = deps;
  // A subscription beyond the end of its stream would wait for it in silence.
  await deps.checkLog(market.ledger);
  const stream = ledgerStream(market.ledger);
  const publisher = new LedgerPublisher({
    ledger: market.ledger,
    sql: database,
    publish: deps.publish,
    traceOf: deps.traceOf,
    nowMs: Date.now,
  });
  const follow = async (
    follower: Follower,
    handler: Parameters<EventStore['subscribe']>[2],
  ): Promise<Subscription> => {
    const after = await progressOf(database, follower, market.ledger);
    return store.subscribe(
      stream,
      {
        ...(after < 0n ? {} : { after }),
        onError: (error, attempt) => deps.onError(`${follower} of ${market.ledger}`, error, attempt),
      },
      handler,
    );
  };
  const published = await follow('publisher', (batch) => publisher.publish(batch));
  const projected = await follow('balances', projectBalances(database, market.ledger));
  const expiry = endHolds({
    ledger: market.ledger,
    sql: database,
    publish: deps.publish,
    onError: (error, attempt) => deps.onError(`expiry of holds of ${market.ledger}`, error, attempt),
  });
  return {
    async stop() {
      await Promise.all([published.stop(), projected.stop(), expiry.stop()]);
      await publisher.save();
    },
  };
}
