import { databaseConfig, loadConfig } from '@florin/configuration';
import type { Sql } from '@florin/messaging';
import { migrateDatabase, preparedDatabase, type PreparedDatabase } from '@florin/service-host';
import { startTestEngines, type TestEngines } from '@florin/testing';
import { v7 as uuidv7 } from 'uuid';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { paymentsDatabase } from '../database.js';
import type { FoundPayee } from '../payees/payee.client.js';
import { createPaymentHandler, type CreatePayment } from './create-payment.handler.js';
import { repeatOverdue } from './housekeeping.js';
import { applyOutcomes, type LedgerOutcome } from './outcome.consumer.js';
import { decidePayments, findById, listOf } from './payment.store.js';
import { PaymentWaiters } from './payment.waiters.js';

describe('taking a payment', () => {
  let engines: TestEngines;
  let dataSource: DataSource;
  let database: PreparedDatabase;
  const waiters = new PaymentWaiters();
  const bruno = uuidv7();
  let payee: FoundPayee = { found: { personId: bruno, market: 'it' } };

  beforeAll(async () => {
    engines = await startTestEngines({ databases: ['payments'] });
    const config = loadConfig(z.object(databaseConfig()), { DATABASE_URL: engines.databaseUrl('payments') });
    await migrateDatabase(paymentsDatabase(config));
    dataSource = await paymentsDatabase(config).initialize();
    database = preparedDatabase(dataSource);
  }, 60_000);

  afterAll(async () => {
    await dataSource?.destroy();
    await engines?.close();
  }, 30_000);

  beforeEach(async () => {
    payee = { found: { personId: bruno, market: 'it' } };
    await database.query('DELETE FROM outbox');
  });

  const newHandler = (sql: Sql = database) =>
    createPaymentHandler({
      sql,
      findPayee: () => Promise.resolve(payee),
      waiters,
      openMarkets: ['it'],
      wakeRelay: () => undefined,
      now: () => new Date(),
    });

  const take = (overrides: Partial<CreatePayment> = {}, handle = newHandler()) =>
    handle({
      payerId: uuidv7(),
      accessToken: '',
      idempotencyKey: 'key',
      body: {
        payee: { channel: 'phone', handle: '+393331000002' },
        amount: { value: 1250, currency: 'EUR' },
        note: 'pizza',
        channel: 'whatsapp',
      },
      waitMs: 0,
      ...overrides,
    });

  const taken = async (overrides?: Partial<CreatePayment>, handle?: ReturnType<typeof newHandler>) => {
    const result = await take(overrides, handle);
    if (!('payment' in result)) throw new Error(`refused: ${result.refused}`);
    return result.payment;
  };

  const outboxTypes = async () =>
    (await database.query(`SELECT headers->>'ce_type' AS type FROM outbox ORDER BY id`)).map(
      (row) => (row as { type: string }).type,
    );

  const outcomeOf = (entryId: string, revision: number, code?: 'insufficient_funds'): LedgerOutcome =>
    ({
      specversion: '1.0',
      id: `${entryId}-${revision}`,
      source: '/ledgers/it-eur',
      type: code === undefined ? 'com.florin.ledger.entry-posted.v1' : 'com.florin.ledger.entry-rejected.v1',
      time: '2026-11-01T12:00:00.000Z',
      data: { ledger: 'it-eur', revision, entryId, kind: 'p2p', ...(code === undefined ? {} : { code }) },
    }) as unknown as LedgerOutcome;

  const apply = (...events: LedgerOutcome[]) =>
    applyOutcomes({ database, settled: (payments) => waiters.settle(payments) })(events);

  it('stores the payment and what it tells in one go', async () => {
    const payment = await taken();
    expect(payment).toMatchObject({ status: 'created', amountMinor: 1250n, payeeId: bruno });
    expect(await outboxTypes()).toEqual([
      'com.florin.payment.created.v1',
      'com.florin.ledger.open-account.v1',
      'com.florin.ledger.post-entry.v1',
    ]);
  });

  it('takes one payment for one key, however many requests race', async () => {
    const payerId = uuidv7();
    const payments = await Promise.all(Array.from({ length: 10 }, () => taken({ payerId })));
    expect(new Set(payments.map((payment) => payment.id)).size).toBe(1);
    expect(await outboxTypes()).toHaveLength(3);
  });

  it('stores those that come at once together: each with what it tells, and a key twice only once', async () => {
    const statements: string[] = [];
    const handle = newHandler({
      query: (text, params) => {
        statements.push(text);
        return database.query(text, params);
      },
    });
    const payers = Array.from({ length: 40 }, () => uuidv7());
    const payments = await Promise.all(
      [...payers, ...payers.slice(0, 10)].map((payerId) => taken({ payerId }, handle)),
    );
    expect(new Set(payments.map(({ id }) => id)).size).toBe(40);
    expect(payments.slice(40).map(({ id }) => id)).toEqual(payments.slice(0, 10).map(({ id }) => id));
    expect(statements.filter((text) => text.includes('INSERT INTO payments')).length).toBeLessThan(10);
    const keys = (await database.query('SELECT partition_key AS key FROM outbox')) as { key: string }[];
    const told = new Map<string, number>();
    for (const { key } of keys) told.set(key, (told.get(key) ?? 0) + 1);
    for (const { id } of payments.slice(0, 40)) expect(told.get(id)).toBeGreaterThan(0);
    expect(keys.length % 40).toBe(0);
  });

  it('takes all others where one of those that came at once cannot be stored', async () => {
    const handle = newHandler();
    const impossible = take({ payerId: 'nobody' }, handle);
    const [payment] = await Promise.all([taken({}, handle), expect(impossible).rejects.toThrow('uuid')]);
    expect(payment.status).toBe('created');
  });

  it('refuses a key used for something else, and leaves nothing of it', async () => {
    const payerId = uuidv7();
    await taken({ payerId });
    const result = await take({
      payerId,
      body: {
        payee: { channel: 'phone', handle: '+393331000002' },
        amount: { value: 1, currency: 'EUR' },
        channel: 'whatsapp',
      },
    });
    expect(result).toMatchObject({ refused: 'idempotency-key-reused' });
    expect(await listOf(database, payerId, { limit: 10 })).toHaveLength(1);
  });

  it('answers a repeated request also when its payee can no longer be found, or identity is away', async () => {
    const payerId = uuidv7();
    const first = await taken({ payerId });
    payee = { found: undefined };
    expect((await taken({ payerId })).id).toBe(first.id);
    payee = { unavailable: new Error('identity is away') };
    expect((await taken({ payerId })).id).toBe(first.id);
    await expect(take({ payerId, idempotencyKey: 'another' })).rejects.toThrow('identity is away');
  });

  it.each([
    ['payee-unknown', { found: undefined }, {}],
    ['market-closed', { found: { personId: bruno, market: 'br' } }, {}],
    ['payee-is-payer', { found: { personId: bruno, market: 'it' } }, { payerId: bruno }],
  ] as const)('refuses %s and stores nothing', async (refused, found, overrides) => {
    payee = found;
    expect(await take({ idempotencyKey: refused, ...overrides })).toMatchObject({ refused });
    expect(await outboxTypes()).toEqual([]);
  });

  it('is completed once by its entry, whatever is delivered again, and wakes who waits', async () => {
    const payerId = uuidv7();
    const waiting = taken({ payerId, waitMs: 20_000 });
    const entryId = await entryOf(payerId);
    await database.query('DELETE FROM outbox');
    const event = outcomeOf(entryId, 7);
    await apply(event, event);
    await apply(event);
    expect(await waiting).toMatchObject({ status: 'completed', revision: 7n });
    expect(await outboxTypes()).toEqual(['com.florin.payment.completed.v1']);
  });

  it('is completed at the next delivery where the first one failed half way, and told with it', async () => {
    const { entryId, id } = await taken({ payerId: uuidv7() });
    await database.query('DELETE FROM outbox');
    const event = outcomeOf(entryId, 7);
    await database.query('ALTER TABLE outbox RENAME TO outbox_away');
    try {
      await expect(apply(event)).rejects.toThrow('"outbox" does not exist');
    } finally {
      await database.query('ALTER TABLE outbox_away RENAME TO outbox');
    }
    expect((await findById(database, id))?.status).toBe('created');
    await apply(event);
    expect((await findById(database, id))?.status).toBe('completed');
    expect(await outboxTypes()).toEqual(['com.florin.payment.completed.v1']);
  });

  it("asks for the payee's wallet until money has arrived in it", async () => {
    const handle = newHandler();
    const payerId = uuidv7();
    const first = taken({ payerId, waitMs: 20_000 }, handle);
    await apply(outcomeOf(await entryOf(payerId), 5));
    expect((await first).status).toBe('completed');
    await database.query('DELETE FROM outbox');
    await taken({ payerId: uuidv7() }, handle);
    expect(await outboxTypes()).toEqual(['com.florin.payment.created.v1', 'com.florin.ledger.post-entry.v1']);
  });

  it('fails with the reason of the ledger, and stays failed', async () => {
    const payerId = uuidv7();
    const { entryId } = await taken({ payerId });
    await apply(outcomeOf(entryId, 8, 'insufficient_funds'));
    await apply(outcomeOf(entryId, 9));
    expect(await taken({ payerId })).toMatchObject({
      status: 'failed',
      failureCode: 'insufficient_funds',
      revision: 8n,
    });
  });

  it('has its command sent again, with the same entry, when the ledger is silent for too long', async () => {
    const { entryId } = await taken({ payerId: uuidv7() });
    const { entryId: decided } = await taken({ payerId: uuidv7() });
    await apply(outcomeOf(decided, 3));
    await database.query('DELETE FROM outbox');
    expect(await repeatOverdue(database, 600_000)).toBe(0);
    await repeatOverdue(database, -1);
    const repeated = (await database.query('SELECT payload FROM outbox')).map((row) =>
      JSON.parse((row as { payload: string }).payload),
    ) as { entryId: string }[];
    expect(repeated.filter((command) => command.entryId === entryId)).toHaveLength(1);
    expect(repeated.filter((command) => command.entryId === decided)).toHaveLength(0);
    expect(await repeatOverdue(database, 600_000)).toBe(0);
  });

  it('survives the loss of its database connection in the middle of a transaction', async () => {
    const lost = database.transaction(async (sql) => {
      const [row] = (await sql.query('SELECT pg_backend_pid() AS pid')) as { pid: number }[];
      await database.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await sql.query('SELECT 1');
    });
    await expect(lost).rejects.toThrow();
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('changes nothing where the state machine has no way', async () => {
    const { entryId } = await taken({ payerId: uuidv7() });
    const outcome = { entryId, revision: 1, decidedAt: '2026-11-01T12:00:00.000Z' };
    expect(
      await decidePayments(database, [{ ...outcome, status: 'completed', failureCode: null }]),
    ).toHaveLength(1);
    expect(
      await decidePayments(database, [{ ...outcome, status: 'failed', failureCode: 'entry_invalid' }]),
    ).toEqual([]);
  });

  /** The entry of a payer's only payment, once it is stored. */
  async function entryOf(payerId: string): Promise<string> {
    for (;;) {
      const [payment] = await listOf(database, payerId, { limit: 1 });
      if (payment !== undefined) return payment.entryId;
    }
  }
});
