import { ledgerStream } from '@florin/contracts';
import {
  type EmbeddedEventStore,
  type EmbeddedKafka,
  type PostgresServer,
  startEventStore,
  startKafkaBroker,
  startPostgres,
} from '@florin/embedded';
import { connectEventStore, headOf } from '@florin/event-store';
import { createKafka } from '@florin/messaging';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { clientSettings } from '../apache-kafka/access.js';
import { backUp, type BackupOptions } from './back-up.js';
import { pauseOutboxes } from './pause.js';
import { restore } from './restore.js';

interface Engines {
  readonly postgres: PostgresServer;
  readonly eventStore: EmbeddedEventStore;
  readonly kafka: EmbeddedKafka;
  readonly notices: string[];
  close(): Promise<void>;
}

async function start(dataDir: string): Promise<Engines> {
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const at = (name: string) => ({ dataDir: join(dataDir, 'engines', name), onNotice });
  const postgres = await startPostgres({
    ...{ dataDir: join(dataDir, 'engines', 'postgres'), onNotice: () => undefined },
    databases: ['payments', 'catalog'],
  });
  const eventStore = await startEventStore(at('event-store'));
  const kafka = await startKafkaBroker(at('kafka'));
  const close = async () => void (await Promise.all([postgres.close(), eventStore.close(), kafka.close()]));
  return { postgres, eventStore, kafka, notices, close };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const adminOf = ({ brokers }: EmbeddedKafka) =>
  createKafka({ ...clientSettings({ brokers }), clientId: 'spec' }).admin();

describe('a backup', () => {
  let folder: string;
  let dataDir: string;
  let engines: Engines;
  const hash = 'b'.repeat(64);
  const out = () => join(folder, 'copy');
  const payments = () => engines.postgres.url('payments');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-backup-'));
    dataDir = join(folder, 'data');
    engines = await start(dataDir);
    await mkdir(join(dataDir, 'keys'));
    await writeFile(join(dataDir, 'keys', 'ledger-signing-key'), 'secret');
    await query(payments(), 'CREATE TABLE outbox (id bigint)');
    await query(payments(), 'CREATE TABLE payments AS SELECT generate_series(1, 10000) AS id');
    const store = connectEventStore(engines.eventStore.url);
    const event = { id: randomUUID(), type: 'LedgerCreated', data: {}, metadata: { hash } };
    await store.append(ledgerStream('it-eur'), [event], 'no_stream');
    await store.close();
    const admin = adminOf(engines.kafka);
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'florin.test', numPartitions: 2 }] });
    await admin.disconnect();
  }, 120_000);

  afterAll(async () => {
    await engines?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const options = (changes: Partial<BackupOptions> = {}): BackupOptions => ({
    ...{ dataDir, out: out(), withKeys: false, eventStoreUrl: engines.eventStore.url },
    databaseUrls: { payments: payments(), catalog: engines.postgres.url('catalog') },
    ...changes,
  });

  it('restored into an empty place, is what it was, and without keys says so', async () => {
    const manifest = await backUp(options());
    expect(manifest.books).toEqual([{ ledger: 'it-eur', revision: 0, hash }]);
    expect(manifest.keys).toEqual({ included: false, names: ['ledger-signing-key'] });
    expect(manifest.files.filter(({ path }) => path.startsWith('keys/'))).toEqual([]);
    await query(payments(), 'DELETE FROM payments');

    const elsewhere = join(folder, 'elsewhere');
    const { missingKeys } = await restore({ from: out(), dataDir: elsewhere });
    expect(missingKeys).toEqual(['ledger-signing-key']);
    const copy = await start(elsewhere);
    try {
      expect(await query(copy.postgres.url('payments'), 'SELECT count(*)::int FROM payments')).toEqual([
        { count: 10_000 },
      ]);
      const store = connectEventStore(copy.eventStore.url);
      expect(await headOf(store, ledgerStream('it-eur'))).toBe(0n);
      await store.close();
      const admin = adminOf(copy.kafka);
      await admin.connect();
      expect(await admin.listTopics()).toEqual(['florin.test']);
      await admin.disconnect();
      expect(copy.notices).toEqual([]);
    } finally {
      await copy.close();
    }
  }, 400_000);

  it('leaves nothing behind when it is broken off, and the next one can begin', async () => {
    const place = join(folder, 'broken');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('broken off'));
    const broken = backUp(options({ out: place, onProgress, signal: controller.signal }));
    await expect(broken).rejects.toThrow('broken off');
    expect(await readdir(place)).toEqual([]);
    const slots = 'SELECT count(*)::int FROM pg_replication_slots';
    expect(await query(payments(), slots)).toEqual([{ count: 0 }]);
  }, 60_000);

  it('refuses a folder that has something in it, and one among the data', async () => {
    const full = join(folder, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine'), '');
    await expect(backUp(options({ out: full }))).rejects.toThrow('is not empty');
    expect(await readdir(full)).toEqual(['mine']);
    const inside = join(dataDir, 'engines', 'copy');
    await expect(backUp(options({ out: inside }))).rejects.toThrow('choose another folder');
    expect(existsSync(join(inside, 'manifest.json'))).toBe(false);
    await rm(inside, { recursive: true });
  });

  it('lets nothing begin while it looks, and everything go on afterwards', async () => {
    const pause = await pauseOutboxes([payments(), engines.postgres.url('catalog')]);
    const insert = query(payments(), 'INSERT INTO outbox VALUES (1) RETURNING id::int');
    const waiting = "SELECT count(*)::int FROM pg_locks WHERE NOT granted AND relation = 'outbox'::regclass";
    while (JSON.stringify(await query(payments(), waiting)) !== '[{"count":1}]');
    expect(await query(payments(), 'SELECT id FROM outbox')).toEqual([]);
    await pause.end();
    expect(await insert).toEqual([{ id: 1 }]);
  });

  it('says that services went on before it was done', async () => {
    const pause = await pauseOutboxes([payments()]);
    const ended =
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'outbox'::regclass AND pid <> pg_backend_pid()";
    await query(payments(), ended);
    await expect(pause.end()).rejects.toThrow('take it again');
  });
});
