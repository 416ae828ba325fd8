import {
  accountAt,
  accountHistory,
  bookAt,
  loadBook,
  replayBook,
  revisionAt,
  SnapshotKeeper,
  SnapshotReader,
} from '@florin/books';
import { connectEventStore, type EventStore } from '@florin/event-store';
import { trialBalance } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withEngine } from './engine-process.js';
import { accountOf, writeLargeBook } from './large-book.js';
import { percentile } from './measure.js';

interface HistoryFigures {
  readonly accounts: number;
  readonly entries: number;
  /** From connecting to being able to decide, in ms. */
  readonly startMs: { readonly fromSnapshot: number; readonly replayed: number };
  /** At points all over the history; the slowest of each. */
  readonly pointInTimeMs: {
    readonly balance: number;
    readonly trialBalance: number;
    readonly statement: number;
  };
}

const accounts = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
const entries = Number(process.env['BENCH_ENTRIES'] ?? 1_000_000);
const points = 10;
const ledger = 'it-eur';
const key = generateKey(`florin.example/ledger/${ledger}`);
const keys = [key.verifier];

/** The start of a book with a long history, and questions about its past; each with a new connection, as a command would have. */
export function benchHistory(say: (line: string) => void): Promise<HistoryFigures> {
  return withEngine('event-store', undefined, async (url) => {
    await connected(url, async (store) => {
      await writeLargeBook(store, { ledger, accounts, entries });
      say(`${accounts} accounts and ${entries} entries written`);
      await keepSnapshots(store);
    });
    const fromSnapshot = await timedMs(url, async (store) => {
      const { snapshot } = await loadBook(store, ledger, { currency: 'EUR', keys });
      if (snapshot === undefined) throw new Error('the snapshot was not used');
    });
    say(`start from the last snapshot: ${fromSnapshot} ms`);
    const replayed = await timedMs(url, (store) => replayBook(store, ledger));
    say(`start by a replay of all: ${replayed} ms`);
    const pointInTimeMs = await askAboutThePast(url, say);
    return { accounts, entries, startMs: { fromSnapshot, replayed }, pointInTimeMs };
  });
}

async function keepSnapshots(store: EventStore): Promise<void> {
  const keeper = new SnapshotKeeper({ ledger, currency: 'EUR', store, signer: key });
  keeper.start();
  const reader = new SnapshotReader({ store, ledger });
  const whole = Math.floor((accounts + entries + 1) / 4_096);
  while ((await reader.segments()) < whole) await sleep(200);
  await keeper.stop();
}

async function askAboutThePast(url: string, say: (line: string) => void) {
  const slowest = async (
    what: string,
    ask: (store: EventStore, revision: bigint, i: number) => Promise<unknown>,
  ) => {
    const taken: number[] = [];
    for (let i = 1; i <= points; i += 1) {
      const revision = BigInt(Math.floor(((accounts + entries) * i) / points) - 1);
      taken.push(await timedMs(url, (store) => ask(store, revision, i)));
    }
    say(`${what}: ${percentile(taken, 50)} ms, at most ${percentile(taken, 100)} ms`);
    return percentile(taken, 100);
  };
  const place = (store: EventStore) => ({ store, ledger, keys });
  return {
    balance: await slowest('balance of an account at an instant', async (store, revision, i) => {
      const at = await revisionAt(place(store), {
        atMs: Date.now() - Math.floor((entries * (points - i)) / points),
      });
      return accountAt(place(store), accountOf(i * 997), at < revision ? at : revision);
    }),
    trialBalance: await slowest('trial balance at a revision', async (store, revision) => {
      const { state } = await bookAt(place(store), revision);
      return trialBalance(state);
    }),
    statement: await slowest('statement of an account', (store, revision, i) =>
      accountHistory(
        place(store),
        accountOf(i * 997),
        revision - BigInt(Math.floor(entries / points)),
        revision,
      ),
    ),
  };
}

async function timedMs(url: string, work: (store: EventStore) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  return connected(url, async (store) => {
    await work(store);
    return Math.round(performance.now() - startedAt);
  });
}

async function connected<T>(url: string, work: (store: EventStore) => Promise<T>): Promise<T> {
  const store = connectEventStore(url);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
