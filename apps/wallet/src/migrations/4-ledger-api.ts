import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which instance keeps a book at present, and where in the log the commands that are no entries had their outcome. Those from
 * before have no row: their ids are as used as ever, and asked for again they are told to be another's.
 */
export class LedgerApi1790000000004 implements MigrationInterface {
  name = 'LedgerApi1790000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE book_owners (
        ledger text PRIMARY KEY,
        url text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE outcomes (
        ledger text NOT NULL,
        command_id uuid NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (ledger, command_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE book_owners, outcomes');
  }
}
