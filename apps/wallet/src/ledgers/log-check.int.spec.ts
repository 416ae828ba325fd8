import { LedgerWriter } from '@florin/books';
import { databaseConfig, kafkaConfig, loadConfig } from '@florin/configuration';
import { ledgerStream, markets, type CloudEvent } from '@florin/contracts';
import { startEventStore } from '@florin/embedded';
import { connectEventStore, headOf, type EventStore, type NewEvent } from '@florin/event-store';
import { generateKey } from '@florin/proofs';
import { createLogger, migrateDatabase, preparedDatabase, type PreparedDatabase } from '@florin/service-host';
import { eventually, startTestEngines, type TestEngines } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { readAtHead } from '../balances/read-at-head.js';
import type { WalletConfig } from '../config.js';
import { walletDatabase } from '../database.js';
import { walletModule } from '../wallet.module.js';
import { followBook } from './book.js';
import { openTestMoney, openWallet } from './ledger.js';
import { LogBehind, logCheck } from './log-check.js';
import { progressOf } from './progress.js';

const market = markets.it;
const { ledger } = market;
const stream = ledgerStream(ledger);

/** What a wallet has stored of a book with three events, and event stores that hold more or less of it. */
describe('a log that is behind PostgreSQL', () => {
  let engines: TestEngines;
  let config: WalletConfig;
  let dataSource: DataSource;
  let database: PreparedDatabase;
  let history: NewEvent[];
  const published: CloudEvent[] = [];
  const opened: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    engines = await startTestEngines({ databases: ['wallet'] });
    config = {
      ...loadConfig(z.object({ ...databaseConfig(), ...kafkaConfig }), {
        DATABASE_URL: engines.databaseUrl('wallet'),
        DATABASE_POOL_SIZE: '4',
        KAFKA_BROKERS: '127.0.0.1:1',
      }),
      ...{ HOST: '127.0.0.1', PORT: 0, MARKETS: ['it'] },
      LEDGER_ORIGIN: 'florin.example/ledger',
      LEDGER_SIGNING_KEY: generateKey('florin.example/ledger').reveal(),
      ...{ LIABILITIES_SECRET: 'a secret for specs, not so short', LIABILITIES_MS: 3_600_000 },
    } as unknown as WalletConfig;
    await migrateDatabase(walletDatabase(config));
    dataSource = await walletDatabase(config).initialize();
    database = preparedDatabase(dataSource);
  }, 60_000);

  beforeEach(async () => {
    await dataSource.query('TRUNCATE progress, accounts, entries, postings');
    published.length = 0;
    history = await lived(await storeWith([]));
  });

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await engines?.close();
  }, 30_000);

  /** A new event store whose log of the book is this; `stop` makes place for another at its port. */
  async function storeWith(
    events: readonly NewEvent[],
    port = 0,
  ): Promise<EventStore & { readonly url: string; stop(): Promise<void> }> {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-log-'));
    const server = await startEventStore({ dataDir, port });
    const store = connectEventStore(server.url);
    opened.push({
      close: async () => {
        await store.close();
        await server.close();
        await rm(dataDir, { recursive: true });
      },
    });
    // At a port that was another's, connections of before may still be waiting to be tried again.
    await eventually(() => store.ping());
    if (events.length > 0) await store.append(stream, events, 'no_stream');
    return Object.assign(store, { url: server.url, stop: () => server.close() });
  }

  /** Starts the wallet without its consumers and its HTTP; answers what its readiness asks about the book. */
  async function startWallet(url: string): Promise<() => Promise<void>> {
    const checks = new Map<string, () => Promise<void>>();
    await walletModule({
      name: 'wallet',
      config: { ...config, EVENTSTORE_URL: url },
      logger: createLogger('wallet', 'silent'),
      metrics: new Registry(),
      health: {
        add: (name: string, check: () => Promise<void>) => checks.set(name, check),
        inform: () => undefined,
      },
      stopping: new AbortController().signal,
      onClose: (_: string, close: () => Promise<void>) => opened.push({ close }),
    } as unknown as Parameters<typeof walletModule>[0]);
    return async () => checks.get(`ledger ${ledger}`)?.();
  }

  const writerOn = (store: EventStore): LedgerWriter =>
    new LedgerWriter({
      ledger,
      currency: market.currency,
      store,
      nowMs: Date.now,
      checkLog: logCheck({ store, sql: database }),
    });

  const follow = (store: EventStore): Promise<{ stop(): Promise<void> }> =>
    followBook({
      market,
      store,
      database,
      checkLog: logCheck({ store, sql: database }),
      publish: async (events) => void published.push(...events),
      traceOf: () => undefined,
      onError: (follower, error) => {
        throw new Error(follower, { cause: error });
      },
    });

  const read = (store: EventStore): Promise<void> =>
    readAtHead({
      store,
      projected: (book) => progressOf(database, 'balances', book),
      nowMs: Date.now,
      sleep: (ms) => sleep(ms),
    })(ledger);

  /** Lets a wallet decide, project and publish; answers its log. */
  async function lived(store: EventStore): Promise<NewEvent[]> {
    const followers = await follow(store);
    const writer = writerOn(store);
    await Promise.all([openTestMoney, openWallet(uuidv7())].map((command) => writer.submit(command)));
    await read(store);
    await eventually(() => expect(published).toHaveLength(2));
    await followers.stop();
    const log: NewEvent[] = [];
    for await (const page of store.read(stream)) {
      for (const { id, type, data, metadata } of page) {
        log.push({ id, type, data: data as object, metadata: metadata as object });
      }
    }
    return log;
  }

  it.each([
    ['emptied', 0, 'has no event of it-eur'],
    ['restored from an older backup', 2, 'has it-eur up to revision 1 only'],
  ])('when it was %s is not built upon, followed or read', async (_, length, says) => {
    expect(history).toHaveLength(3);
    const store = await storeWith(history.slice(0, length));
    const before = published.length;
    await expect(writerOn(store).load()).rejects.toThrow(LogBehind);
    await expect(writerOn(store).submit(openWallet(uuidv7()))).rejects.toThrow(says);
    await expect(follow(store)).rejects.toThrow('PostgreSQL has taken in revision 2');
    await expect(read(store)).rejects.toThrow(LogBehind);
    expect(await headOf(store, stream)).toBe(BigInt(length) - 1n);
    expect(await progressOf(database, 'balances', ledger)).toBe(2n);
    expect(published).toHaveLength(before);
  });

  it('makes a service that runs say that it is not ready', async () => {
    const whole = await storeWith(history);
    const ready = await startWallet(whole.url);
    await ready();
    await whole.stop();
    await storeWith(history.slice(0, 2), Number(new URL(whole.url).port));
    await eventually(() => expect(ready()).rejects.toMatchObject({ code: 'LOG_BEHIND' }));
  });

  it('goes on once the log is back, from where it was', async () => {
    const store = await storeWith(history);
    const followers = await follow(store);
    await writerOn(store).submit(openWallet(uuidv7()));
    await read(store);
    await eventually(() => expect(published).toHaveLength(3));
    await followers.stop();
    expect(await progressOf(database, 'balances', ledger)).toBe(3n);
    expect(published.map(({ data }) => (data as { revision: number }).revision)).toEqual([1, 2, 3]);
  });

  it('fails the start of the service, with a sentence that says what to do', async () => {
    const store = await storeWith(history.slice(0, 1));
    await expect(startWallet(store.url)).rejects.toThrow(
      /restore a backup of the event store in which stream ledger-it-eur reaches revision 2/,
    );
  });
});
