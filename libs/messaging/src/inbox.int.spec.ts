import { startPostgres, type PostgresServer } from '@florin/embedded';
import { cloudEvent, handleLinked, type CloudEvent } from '@florin/contracts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { inboxMigrationSql, onceOnly, purgeInbox } from './inbox.js';

let dataDir: string;
let postgres: PostgresServer;
let database: DataSource;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-inbox-'));
  postgres = await startPostgres({ dataDir, databases: ['inbox'] });
  database = await new DataSource({ type: 'postgres', url: postgres.url('inbox') }).initialize();
  for (const statement of inboxMigrationSql) await database.query(statement);
});

afterAll(async () => {
  await database.destroy();
  await postgres.close();
  await rm(dataDir, { recursive: true });
});

function event(id: string = randomUUID(), source = '/florin/identity'): CloudEvent {
  return cloudEvent(handleLinked, {
    id,
    source,
    time: '2026-11-21T10:00:00.000Z',
    data: { personId: '0190a6f4-5c1d-7c3e-8000-000000000001', channel: 'web' },
  });
}

describe('onceOnly', () => {
  it('lets each event through once per consumer, in order', async () => {
    const [a, b, c] = [event(), event(), event()];
    expect(await onceOnly(database, 'one', [b, a])).toEqual([b, a]);
    expect(await onceOnly(database, 'one', [a, c, b])).toEqual([c]);
    expect(await onceOnly(database, 'other', [a, c])).toEqual([a, c]);
    expect(await onceOnly(database, 'one', [])).toEqual([]);
  });

  it('tells events with the same id from two sources apart', async () => {
    const id = randomUUID();
    const [a, b] = [event(id, '/florin/identity'), event(id, '/florin/elsewhere')];
    expect(await onceOnly(database, 'sources', [a, b])).toEqual([a, b]);
  });

  it('lets a repetition within one batch through once', async () => {
    const twice = event();
    expect(await onceOnly(database, 'batch', [twice, { ...twice }])).toEqual([twice]);
  });

  it('forgets what the transaction of the effect did not commit', async () => {
    const a = event();
    const failed = database.transaction(async (manager) => {
      expect(await onceOnly(manager, 'failing', [a])).toEqual([a]);
      throw new Error('the effect failed');
    });
    await expect(failed).rejects.toThrow('the effect failed');
    expect(await onceOnly(database, 'failing', [a])).toEqual([a]);
  });

  it('lets one of two deliveries at the same time through', async () => {
    const events = [event(), event(), event()];
    const seen = await Promise.all(
      [1, 2, 3].map(() => database.transaction((manager) => onceOnly(manager, 'racing', events))),
    );
    expect(seen.flat()).toHaveLength(3);
  });
});

describe('purgeInbox', () => {
  it('forgets what is old, so many at a time, and keeps the rest', async () => {
    const old = [event(), event(), event()];
    const recent = event();
    await onceOnly(database, 'purged', [...old, recent]);
    await database.query(
      `UPDATE inbox SET handled_at = now() - interval '40 days' WHERE consumer = 'purged' AND event_id <> $1`,
      [recent.id],
    );
    expect(await purgeInbox(database, 30, 2)).toBe(2);
    expect(await purgeInbox(database, 30, 2)).toBe(1);
    expect(await purgeInbox(database, 30, 2)).toBe(0);
    expect(await onceOnly(database, 'purged', [recent])).toEqual([]);
  });
});
