import type { LedgerWriter } from '@florin/books';
import type { Market } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { PreparedDatabase, ServiceContext } from '@florin/service-host';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WalletConfig } from './config.js';
import { openTestMoney } from './ledgers/ledger.js';
import { atOwner } from './owners/at-owner.js';
import { BookOwners } from './owners/book-owners.js';
import { Books } from './owners/books.js';
import { openForward } from './owners/forward.js';
import { Desk } from './transfers/desk.js';
import { recordedOutcomes } from './transfers/outcomes.js';
import type { PlatformBook } from './transfers/transfer.handler.js';

interface Engines {
  readonly database: PreparedDatabase;
  readonly store: EventStore;
  /** Waits until the read models hold everything that is in the book. */
  readonly atHead: (ledger: string) => Promise<void>;
}

/** Who leads which book, as the instances tell each other. */
export function bookOwners({ config }: ServiceContext<WalletConfig>, sql: PreparedDatabase): BookOwners {
  return new BookOwners({ sql, url: ownUrl(config), nowMs: Date.now });
}

function ownUrl({ ADVERTISED_URL, HOST, PORT }: WalletConfig): string {
  const host = HOST === '0.0.0.0' || HOST === '::' ? hostname() : HOST;
  return ADVERTISED_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

/** The desks of platform callers, one for each book. */
export function openDesks(
  engines: Engines,
  writers: ReadonlyMap<string, LedgerWriter>,
): ReadonlyMap<string, Desk> {
  const recorded = recordedOutcomes({ ...engines, sql: engines.database });
  return new Map(
    [...writers].map(([ledger, writer]) => [
      ledger,
      new Desk({ writer, recorded: (asked) => recorded(ledger, asked) }),
    ]),
  );
}

/** The books as platform callers reach them, on whichever instance they ask. */
export function platformBooksOf(
  { config, onClose }: ServiceContext<WalletConfig>,
  owners: BookOwners,
  books: readonly Market[],
  [writers, desks]: readonly [ReadonlyMap<string, LedgerWriter>, ReadonlyMap<string, Desk>],
): Books<PlatformBook> {
  const { forward, close } = openForward();
  onClose('connections to other instances', close);
  const all = books.map(({ ledger }): [string, PlatformBook] => {
    const writer = writers.get(ledger) as LedgerWriter;
    const testMoney = (): boolean => {
      // Not awaited: decided before the entry, and of no consequence where it is open already.
      if (config.TEST_MONEY) void writer.submit(openTestMoney).catch(() => undefined);
      return config.TEST_MONEY;
    };
    return [ledger, { ledger, writer, desk: desks.get(ledger) as Desk, testMoney }];
  });
  return new Books(new Map(all), atOwner({ owners, forward, nowMs: Date.now, sleep }));
}
