import { ledgerStream, type Market, markets, shardOf } from '@florin/contracts';
import { connectEventStore, eventAt, type EventStore, headOf } from '@florin/event-store';
import { z } from 'zod';
import type { Manifest } from './manifest.js';

type Book = Manifest['books'][number];

const chained = z.object({ hash: z.string() });

/** The heads of all books of an event store at this moment: what `npm run audit -- verify --head` is given later. */
export async function headsOfBooks(eventStoreUrl: string): Promise<Book[]> {
  const store = connectEventStore(eventStoreUrl);
  try {
    const books = await Promise.all(Object.values(markets).map((market) => booksOf(store, market)));
    return books.flat();
  } finally {
    await store.close();
  }
}

/** A market's own book and its shards, which are numbered without a gap. */
async function booksOf(store: EventStore, market: Market): Promise<Book[]> {
  const found: Book[] = [];
  for (let shard = 1; ; shard += 1) {
    const ledger = shardOf(market, shard);
    const stream = ledgerStream(ledger);
    const revision = await headOf(store, stream);
    if (revision >= 0n) {
      const { hash } = chained.parse((await eventAt(store, stream, revision))?.metadata);
      found.push({ ledger, revision: Number(revision), hash });
    } else if (shard > 1) return found;
  }
}
