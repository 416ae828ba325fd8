import type { LogCheck } from '@florin/books';
import type { Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import { Exclusive, holdLead, keptAlive, type Outbox } from '@florin/messaging';
import { databaseConnection, type PreparedDatabase, type ServiceContext } from '@florin/service-host';
import type { WalletConfig } from '../config.js';
import type { BookOwners } from '../owners/book-owners.js';
import type { Notaries } from '../proofs/notaries.js';
import { followBook } from './book.js';
import type { EntryTraces } from './entry-traces.js';

type Context = ServiceContext<WalletConfig>;

interface Engines {
  readonly database: PreparedDatabase;
  readonly store: EventStore;
  readonly outbox: Outbox;
  readonly traces: EntryTraces;
  readonly checkLog: LogCheck;
  readonly notaries: Notaries;
}

/** Leads a book for as long as no other instance does: decides what platform callers ask of it, and follows its log. */
export function leadExclusively(
  context: Context,
  engines: Engines,
  owners: BookOwners,
  market: Market,
): void {
  const { config, logger, stopping } = context;
  const exclusive = new Exclusive({
    connection: databaseConnection(config),
    name: `followers:${market.ledger}`,
    lead: async (client, signal) => {
      const stopFollowers = config.LEDGER_ALONE
        ? undefined
        : await keptAlive(client, follow(context, engines, market));
      try {
        await owners.take(market.ledger);
        await holdLead(client, signal);
      } finally {
        await owners
          .leave(market.ledger)
          .catch((error: unknown) =>
            logger.warn({ ledger: market.ledger, err: error }, 'the book is still said to be led here'),
          );
        await stopFollowers?.();
      }
    },
    onError: (error) =>
      logger.warn({ ledger: market.ledger, err: error }, 'following the book was interrupted'),
  });
  exclusive.start();
  // Another instance takes over while this one still hands on to it what it is asked.
  stopping.addEventListener('abort', () => void exclusive.stop());
  context.onClose(`followers of ${market.ledger}`, () => exclusive.stop());
}

async function follow(
  { logger }: Context,
  engines: Engines,
  market: Market,
): Promise<() => Promise<unknown>> {
  const followers = await followBook({
    market,
    store: engines.store,
    database: engines.database,
    checkLog: engines.checkLog,
    publish: (events) => engines.outbox.publisher.publish(events),
    traceOf: (outcomeId) => engines.traces.take(outcomeId),
    onError: (follower, error, attempt) =>
      logger.warn({ follower, attempt, err: error }, 'a follower is held up'),
  });
  engines.notaries.start(market);
  return () => Promise.all([followers.stop(), engines.notaries.stop(market)]);
}
