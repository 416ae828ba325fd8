import { inboxMigrationSql, outboxMigrationSql } from '@florin/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Payments1790000000001 implements MigrationInterface {
  name = 'Payments1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE payments (
        id uuid PRIMARY KEY,
        entry_id uuid NOT NULL UNIQUE,
        payer_id uuid NOT NULL,
        payee_id uuid NOT NULL CHECK (payee_id <> payer_id),
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency char(3) NOT NULL,
        market text NOT NULL,
        ledger text NOT NULL,
        channel text NOT NULL,
        note text,
        status text NOT NULL CHECK (status IN ('created', 'completed', 'failed')),
        revision bigint,
        failure_code text,
        created_at timestamptz NOT NULL,
        decided_at timestamptz,
        command_repeated_at timestamptz,
        idempotency_key text NOT NULL,
        input_hash char(64) NOT NULL,
        UNIQUE (payer_id, idempotency_key),
        CHECK ((status = 'created') = (decided_at IS NULL)),
        CHECK ((status = 'failed') = (failure_code IS NOT NULL))
      )`);
    await runner.query(`CREATE INDEX payments_of_payer ON payments (payer_id, id DESC)`);
    await runner.query(
      `CREATE INDEX payments_of_payee ON payments (payee_id, id DESC) WHERE status = 'completed'`,
    );
    await runner.query(`CREATE INDEX payments_under_way ON payments (created_at) WHERE status = 'created'`);
    for (const statement of [...outboxMigrationSql, ...inboxMigrationSql]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE payments, outbox, inbox');
  }
}
