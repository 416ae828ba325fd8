import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Money on hold, accounts that are frozen or closed, and accounts in issued assets, whose codes are longer. */
export class Holds1790000000003 implements MigrationInterface {
  name = 'Holds1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE accounts
        ALTER COLUMN currency TYPE text,
        ADD COLUMN held bigint NOT NULL DEFAULT 0,
        ADD COLUMN frozen text,
        ADD COLUMN closed boolean NOT NULL DEFAULT false`);
    await runner.query(`
      CREATE TABLE holds (
        ledger text NOT NULL,
        hold_id uuid NOT NULL,
        account text NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (ledger, hold_id)
      )`);
    await runner.query(`CREATE INDEX holds_of_account ON holds (ledger, account)`);
    await runner.query(`CREATE INDEX holds_by_end ON holds (ledger, expires_at)`);
  }

  /** Only where no asset was ever defined: the code of one does not fit. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE holds');
    await runner.query(`
      ALTER TABLE accounts
        ALTER COLUMN currency TYPE char(3),
        DROP COLUMN held, DROP COLUMN frozen, DROP COLUMN closed`);
  }
}
