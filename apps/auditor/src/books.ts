import { WrongUse } from '@florin/configuration';
import { ledgerStream, markets, shardOf, type Market } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import type { KnownHead } from './inquiry.js';

/** Which books are read, and which markets have none. */
export interface Books {
  readonly ledgers: readonly string[];
  /** Ids of markets' own books of which the event store holds no event. */
  readonly absent: readonly string[];
}

/**
 * The book that was asked for; else every one that the event store holds, and those whose head was noted earlier: that they
 * are gone is a finding. Where there is no book at all, the markets' own, which then are findings too.
 */
export async function booksToRead(
  store: EventStore,
  options: { readonly ledger: string | undefined; readonly knownHeads: readonly KnownHead[] },
): Promise<Books> {
  if (options.ledger !== undefined) return { ledgers: [options.ledger], absent: [] };
  const found = (await Promise.all(Object.values(markets).map((market) => booksOf(store, market)))).flat();
  const noted = options.knownHeads.flatMap(({ ledger }) => ledger ?? []);
  const own = Object.values(markets).map(({ ledger }) => ledger);
  const known = [...new Set([...found, ...noted])];
  const ledgers = known.length > 0 ? known : own;
  if (ledgers.length > 1 && options.knownHeads.some(({ ledger }) => ledger === undefined)) {
    throw new WrongUse(
      `Whose head is it? Say --head <ledger>:<revision>:<hash>; there are ${ledgers.join(', ')}`,
    );
  }
  return { ledgers, absent: own.filter((ledger) => !ledgers.includes(ledger)) };
}

/** A market's own book and its shards, which are numbered without a gap. No list of streams is needed, nor the right to read one. */
async function booksOf(store: EventStore, market: Market): Promise<string[]> {
  const exists = async (ledger: string) => (await headOf(store, ledgerStream(ledger))) >= 0n;
  const found = (await exists(market.ledger)) ? [market.ledger] : [];
  for (let shard = 2; await exists(shardOf(market, shard)); shard += 1) found.push(shardOf(market, shard));
  return found;
}
