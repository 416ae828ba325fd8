import { outboxMigrationSql } from '@florin/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Read models of the ledgers (all can be rebuilt from EventStoreDB), and what funding requests were taken. */
export class Wallet1790000000001 implements MigrationInterface {
  name = 'Wallet1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE progress (
        name text PRIMARY KEY,
        revision bigint NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE accounts (
        ledger text NOT NULL,
        account text NOT NULL,
        owner uuid,
        currency char(3) NOT NULL,
        debit_normal boolean NOT NULL,
        balance bigint NOT NULL,
        PRIMARY KEY (ledger, account)
      )`);
    await runner.query(`CREATE INDEX accounts_of_owner ON accounts (owner) WHERE owner IS NOT NULL`);
    await runner.query(`
      CREATE TABLE entries (
        ledger text NOT NULL,
        revision bigint NOT NULL,
        entry_id uuid NOT NULL,
        kind text NOT NULL,
        rejection_code text,
        reference text NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (ledger, revision),
        UNIQUE (ledger, entry_id)
      )`);
    await runner.query(`
      CREATE TABLE postings (
        ledger text NOT NULL,
        account text NOT NULL,
        revision bigint NOT NULL,
        amount bigint NOT NULL,
        balance_after bigint NOT NULL,
        PRIMARY KEY (ledger, account, revision)
      )`);
    await runner.query(`
      CREATE TABLE funding_requests (
        person_id uuid NOT NULL,
        idempotency_key text NOT NULL,
        input_hash char(64) NOT NULL,
        ledger text NOT NULL,
        entry_id uuid NOT NULL UNIQUE,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        created_at timestamptz NOT NULL,
        PRIMARY KEY (person_id, idempotency_key)
      )`);
    for (const statement of outboxMigrationSql) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE progress, accounts, entries, postings, funding_requests, outbox');
  }
}
