import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From where each challenge was asked for. Those that are there already live on for minutes. */
export class ChallengeNetworks1790000000002 implements MigrationInterface {
  name = 'ChallengeNetworks1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE challenges ADD COLUMN network text NOT NULL DEFAULT 'unknown'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE challenges DROP COLUMN network');
  }
}
