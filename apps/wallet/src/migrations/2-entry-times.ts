import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When entries take effect, which ones they undo, and the way from a time to a revision. Until now every entry took effect when
 * it was recorded: those that are there already need no value, and a large table is not written anew.
 */
export class EntryTimes1790000000002 implements MigrationInterface {
  name = 'EntryTimes1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE entries ADD COLUMN effective_at timestamptz, ADD COLUMN reverses uuid`);
    await runner.query(`CREATE INDEX entries_by_time ON entries (ledger, recorded_at, revision)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX entries_by_time');
    await runner.query('ALTER TABLE entries DROP COLUMN effective_at, DROP COLUMN reverses');
  }
}
