import { insertOutboxSql, selectRows, type OutboxColumns, type Sql } from '@florin/messaging';
import { predecessorsOf, type Payment, type PaymentStatus } from './payment.js';

interface PaymentRow {
  id: string;
  entry_id: string;
  payer_id: string;
  payee_id: string;
  amount_minor: string;
  currency: string;
  market: Payment['market'];
  ledger: string;
  channel: Payment['channel'];
  note: string | null;
  status: PaymentStatus;
  revision: string | null;
  failure_code: Payment['failureCode'];
  created_at: Date;
  decided_at: Date | null;
}

/** What the ledger said about one entry. */
export interface EntryOutcome {
  readonly entryId: string;
  readonly status: 'completed' | 'failed';
  readonly revision: number;
  readonly failureCode: Payment['failureCode'];
  readonly decidedAt: string;
}

const columns = `id, entry_id, payer_id, payee_id, amount_minor, currency, market, ledger, channel, note, status,
  revision, failure_code, created_at, decided_at`;

/** A payment as it was taken, and what it tells the world (`outboxColumns`, in the trace of its request). */
export interface NewPayment {
  readonly payment: Payment;
  readonly idempotencyKey: string;
  readonly inputHash: string;
  readonly told: OutboxColumns;
}

/**
 * Stores new payments and what they tell the world in one statement, so in one transaction and one round trip.
 * Answers of each whether it is stored; nothing of it is where its payer has used the key before.
 */
export async function insertPayments(sql: Sql, taken: readonly NewPayment[]): Promise<boolean[]> {
  // Two instances that get the same keys at once wait for one another in one order.
  const rows = [...taken].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const of = <Value>(value: (row: NewPayment) => Value): Value[] => rows.map(value);
  const events = [0, 1, 2, 3, 4].map((column) => rows.flatMap(({ told }) => told[column] ?? []));
  const stored = await selectRows<{ id: string }>(
    sql,
    `WITH stored AS (
       INSERT INTO payments (id, entry_id, payer_id, payee_id, amount_minor, currency, market, ledger, channel, note,
                             status, created_at, idempotency_key, input_hash)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[],
                            $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::text[], $14::text[])
       ON CONFLICT (payer_id, idempotency_key) DO NOTHING
       RETURNING id
     ), told AS (${insertOutboxSql(15, 'SELECT id FROM stored')})
     SELECT id FROM stored`,
    [
      of(({ payment }) => payment.id),
      of(({ payment }) => payment.entryId),
      of(({ payment }) => payment.payerId),
      of(({ payment }) => payment.payeeId),
      of(({ payment }) => payment.amountMinor.toString()),
      of(({ payment }) => payment.currency),
      of(({ payment }) => payment.market),
      of(({ payment }) => payment.ledger),
      of(({ payment }) => payment.channel),
      of(({ payment }) => payment.note),
      of(({ payment }) => payment.status),
      of(({ payment }) => payment.createdAt.toISOString()),
      of(({ idempotencyKey }) => idempotencyKey),
      of(({ inputHash }) => inputHash),
      ...events,
      rows.flatMap(({ payment, told: [topics] }) => topics.map(() => payment.id)),
    ],
  );
  const ids = new Set(stored.map(({ id }) => id));
  return taken.map(({ payment }) => ids.has(payment.id));
}

function orderOf({ payment, idempotencyKey }: NewPayment): string {
  return `${payment.payerId} ${idempotencyKey}`;
}

/** The payment that a payer's key stands for, with the fingerprint of what was asked. */
export async function findByKey(
  sql: Sql,
  payerId: string,
  idempotencyKey: string,
): Promise<{ payment: Payment; inputHash: string } | undefined> {
  const [row] = await selectRows<PaymentRow & { input_hash: string }>(
    sql,
    `SELECT ${columns}, input_hash FROM payments WHERE payer_id = $1 AND idempotency_key = $2`,
    [payerId, idempotencyKey],
  );
  return row && { payment: toPayment(row), inputHash: row.input_hash };
}

export async function findById(sql: Sql, id: string): Promise<Payment | undefined> {
  const [payment] = await findByIds(sql, [id]);
  return payment;
}

/** The payments with these ids, in their order. */
export async function findByIds(sql: Sql, ids: readonly string[]): Promise<(Payment | undefined)[]> {
  const rows = await selectRows<PaymentRow>(
    sql,
    `SELECT ${columns} FROM payments WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  const found = new Map(rows.map((row) => [row.id, toPayment(row)]));
  return ids.map((id) => found.get(id));
}

/** A person's payments, newest first; those received only once completed. */
export async function listOf(
  sql: Sql,
  personId: string,
  page: { limit: number; before?: string | undefined },
): Promise<Payment[]> {
  const rows = await selectRows<PaymentRow>(
    sql,
    `SELECT ${columns} FROM (
       (SELECT * FROM payments WHERE payer_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3)
       UNION ALL
       (SELECT * FROM payments WHERE payee_id = $1 AND status = 'completed' AND ($2::uuid IS NULL OR id < $2)
        ORDER BY id DESC LIMIT $3)
     ) AS mine ORDER BY id DESC LIMIT $3`,
    [personId, page.before ?? null, page.limit],
  );
  return rows.map(toPayment);
}

/** Applies the ledger's outcomes where the state machine allows it; answers the payments that changed. */
export async function decidePayments(sql: Sql, outcomes: EntryOutcome[]): Promise<Payment[]> {
  if (outcomes.length === 0) return [];
  const rows = await selectRows<PaymentRow>(
    sql,
    `WITH decided AS (
       UPDATE payments SET status = o.status, revision = o.revision, failure_code = o.failure_code, decided_at = o.decided_at
       FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[])
         AS o (entry_id, status, revision, failure_code, decided_at)
       WHERE payments.entry_id = o.entry_id
         AND payments.status = ANY (CASE o.status WHEN 'completed' THEN $6::text[] ELSE $7::text[] END)
       RETURNING payments.*
     )
     SELECT ${columns} FROM decided`,
    [
      outcomes.map((outcome) => outcome.entryId),
      outcomes.map((outcome) => outcome.status),
      outcomes.map((outcome) => outcome.revision),
      outcomes.map((outcome) => outcome.failureCode),
      outcomes.map((outcome) => outcome.decidedAt),
      predecessorsOf('completed'),
      predecessorsOf('failed'),
    ],
  );
  return rows.map(toPayment);
}

/**
 * Payments that have waited for the ledger longer than `olderThanMs` since they were taken or their command was last repeated;
 * marks their command as repeated now.
 */
export async function takeOverdue(sql: Sql, olderThanMs: number, limit: number): Promise<Payment[]> {
  const rows = await selectRows<PaymentRow>(
    sql,
    `WITH overdue AS (
       UPDATE payments SET command_repeated_at = now() WHERE id IN (
         SELECT id FROM payments
         WHERE status = 'created' AND created_at < now() - $1 * interval '1 millisecond'
           AND (command_repeated_at IS NULL OR command_repeated_at < now() - $1 * interval '1 millisecond')
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING *
     )
     SELECT ${columns} FROM overdue`,
    [olderThanMs, limit],
  );
  return rows.map(toPayment);
}

function toPayment(row: PaymentRow): Payment {
  return {
    id: row.id,
    entryId: row.entry_id,
    payerId: row.payer_id,
    payeeId: row.payee_id,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    market: row.market,
    ledger: row.ledger,
    channel: row.channel,
    note: row.note,
    status: row.status,
    revision: row.revision === null ? null : BigInt(row.revision),
    failureCode: row.failure_code,
    createdAt: row.created_at,
    decidedAt: row.decided_at,
  };
}
