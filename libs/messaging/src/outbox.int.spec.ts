import { startPostgres, type PostgresServer } from '@florin/embedded';
import { cloudEvent, handleLinked, topics, type CloudEvent } from '@florin/contracts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type ClientBase } from 'pg';
import { OutboxRelay } from './outbox-relay.js';
import { insertOutboxSql, outboxColumns, outboxMigrationSql, writeOutbox } from './outbox.js';
import type { OutgoingMessage } from './publisher.js';
import type { Sql } from './sql.js';

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
let dataDir: string;
let postgres: PostgresServer;
let pool: Pool;
const relays: OutboxRelay[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-outbox-'));
  postgres = await startPostgres({ dataDir, databases: ['outbox'] });
  pool = new Pool({ connectionString: postgres.url('outbox') });
  // Connections that end with the server are of no interest.
  pool.on('error', ignore);
  for (const statement of outboxMigrationSql) await pool.query(statement);
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await pool.query('TRUNCATE outbox');
});

afterAll(async () => {
  await pool.end();
  await postgres.close();
  await rm(dataDir, { recursive: true });
});

function ignore(): void {}

function sqlOf(client: Pool | ClientBase): Sql {
  return { query: async (text, params) => (await client.query<object>(text, params)).rows };
}

function linked(n: number, personId = '0190a6f4-5c1d-7c3e-8000-000000000001'): CloudEvent {
  return cloudEvent(handleLinked, {
    id: `${n}-${randomUUID()}`,
    source: '/florin/identity',
    time: '2026-11-21T10:00:00.000Z',
    data: { personId, channel: 'web' },
  });
}

/** A Kafka that keeps what it got; `behave` may throw instead of it, or after it. */
class FakeKafka {
  readonly sent: OutgoingMessage[] = [];

  constructor(private readonly behave: (when: 'before' | 'after') => void | Promise<void> = ignore) {}

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.behave('before');
    this.sent.push(...messages);
    await this.behave('after');
  }

  get ids(): string[] {
    return this.sent.map(({ headers }) => String(headers['ce_id']));
  }
}

function relayTo(publisher: FakeKafka, pollMs = 60_000): OutboxRelay {
  const relay = new OutboxRelay({
    connection: postgres.url('outbox'),
    publisher,
    logger: silent,
    pollMs,
    batchSize: 10,
  });
  relays.push(relay);
  relay.start();
  return relay;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen');
    await sleep(5);
  }
}

async function rowsLeft(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
  return rows[0]?.count ?? -1;
}

const ids = (events: readonly CloudEvent[]): string[] => events.map(({ id }) => id);
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('writeOutbox', () => {
  it('stores events with their topic and headers in their order, in the transaction of the change', async () => {
    const kafka = new FakeKafka();
    const event = { ...linked(1), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const next = linked(2);
    const client = await pool.connect();
    await client.query('BEGIN');
    await writeOutbox(sqlOf(client), [linked(0)]);
    await client.query('ROLLBACK');
    await client.query('BEGIN');
    await writeOutbox(sqlOf(client), [event, next]);
    await client.query('COMMIT');
    client.release();
    relayTo(kafka);
    await until(() => kafka.sent.length === 2);
    expect(kafka.sent[0]).toMatchObject({
      topic: topics.people.name,
      key: event.partitionkey,
      value: JSON.stringify(event.data),
      headers: { ce_id: event.id, ce_type: event.type, traceparent: event.traceparent },
    });
    expect(kafka.ids).toEqual(ids([event, next]));
  });

  it('folds into another statement, so that a change and its event are one round trip', async () => {
    const event = linked(1);
    await pool.query(
      `WITH change AS (SELECT $1::int AS answer), _ AS (${insertOutboxSql(2)}) SELECT answer FROM change`,
      [42, ...outboxColumns([event])],
    );
    expect(await rowsLeft()).toBe(1);
  });
});

describe('OutboxRelay', () => {
  it('says why what it has does not go out, for as long as it does not', async () => {
    let away = true;
    const kafka = new FakeKafka(() => {
      if (away) throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' });
    });
    const relay = relayTo(kafka, 20);
    await until(() => relay.leading);
    await relay.ping();
    await writeOutbox(sqlOf(pool), [linked(0)]);
    const found = (): Promise<unknown> => relay.ping().catch((error: unknown) => error);
    await until(async () => (await found()) !== undefined);
    expect(await found()).toMatchObject({ code: 'ECONNREFUSED', message: 'the outbox is held up' });
    away = false;
    await until(async () => (await found()) === undefined);
    expect(kafka.sent).toHaveLength(1);
  });

  it('publishes in the order of the rows, batch by batch, and leaves nothing behind', async () => {
    const kafka = new FakeKafka();
    const events = range(35).map((n) => linked(n));
    await writeOutbox(sqlOf(pool), events);
    relayTo(kafka);
    await until(async () => (await rowsLeft()) === 0);
    expect(kafka.ids).toEqual(ids(events));
  });

  it('publishes at once when it is woken', async () => {
    const kafka = new FakeKafka();
    const relay = relayTo(kafka);
    await until(() => relay.leading);
    const event = linked(1);
    await writeOutbox(sqlOf(pool), [event]);
    relay.wake();
    await until(() => kafka.sent.length === 1);
  });

  it('finds what nobody woke it for', async () => {
    const kafka = new FakeKafka();
    relayTo(kafka, 50);
    await sleep(100);
    await writeOutbox(sqlOf(pool), [linked(1)]);
    await until(() => kafka.sent.length === 1);
  });

  it('publishes rows that commit after rows with higher ids', async () => {
    const kafka = new FakeKafka();
    const slow = await pool.connect();
    await slow.query('BEGIN');
    await writeOutbox(sqlOf(slow), [linked(1)]);
    await writeOutbox(sqlOf(pool), [linked(2)]);
    const relay = relayTo(kafka);
    await until(() => kafka.sent.length === 1);
    await slow.query('COMMIT');
    slow.release();
    relay.wake();
    await until(() => kafka.sent.length === 2);
    expect(kafka.ids.map((id) => id.slice(0, 1))).toEqual(['2', '1']);
  });

  it('tries a failed batch again, and deletes nothing before it is acknowledged', async () => {
    let failures = 0;
    const kafka = new FakeKafka((when) => {
      if (when === 'before' && failures < 3) {
        failures += 1;
        throw new Error('no leader');
      }
    });
    const events = [linked(1), linked(2)];
    await writeOutbox(sqlOf(pool), events);
    relayTo(kafka);
    await until(() => failures === 2);
    expect(await rowsLeft()).toBe(2);
    await until(async () => (await rowsLeft()) === 0);
    expect(kafka.ids).toEqual(ids(events));
  });

  it('has one leader, whom the others wake, and one of whom takes over', async () => {
    const [first, second] = [new FakeKafka(), new FakeKafka()];
    const leader = relayTo(first);
    await until(() => leader.leading);
    const standby = relayTo(second);
    await sleep(100);
    const before = linked(1);
    await writeOutbox(sqlOf(pool), [before]);
    standby.wake();
    await until(() => first.sent.length === 1);
    expect(standby.leading).toBe(false);

    await leader.stop();
    await until(() => standby.leading);
    const after = linked(2);
    await writeOutbox(sqlOf(pool), [after]);
    standby.wake();
    await until(() => second.sent.length === 1);
    expect([first.ids, second.ids]).toEqual([[before.id], [after.id]]);
  });

  it('publishes again, with the same ids and in order, what died between Kafka and the deletion', async () => {
    const events = range(25).map((n) => linked(n));
    await writeOutbox(sqlOf(pool), events);
    // The database breaks the connection after the second batch is in Kafka: the relay can no longer delete it.
    let sends = 0;
    const kafka = new FakeKafka(async (when) => {
      if (when === 'before') return;
      sends += 1;
      if (sends === 2) {
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'florin outbox'`,
        );
        await sleep(50);
      }
    });
    relayTo(kafka);
    await until(async () => (await rowsLeft()) === 0);
    expect(kafka.ids).toEqual([...ids(events).slice(0, 20), ...ids(events).slice(10)]);
  });

  it('finishes the batch under way when it is stopped', async () => {
    const release = Promise.withResolvers<undefined>();
    const kafka = new FakeKafka(async (when) => {
      if (when === 'before') await release.promise;
    });
    await writeOutbox(
      sqlOf(pool),
      range(15).map((n) => linked(n)),
    );
    const relay = relayTo(kafka);
    await until(() => relay.leading);
    await sleep(50);
    const stopped = relay.stop();
    release.resolve(undefined);
    await stopped;
    expect([kafka.sent.length, await rowsLeft()]).toEqual([10, 5]);
  });
});
