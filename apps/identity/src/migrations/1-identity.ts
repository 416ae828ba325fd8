import { outboxMigrationSql } from '@florin/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Identity1790000000001 implements MigrationInterface {
  name = 'Identity1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE people (
        person_id uuid PRIMARY KEY,
        name text NOT NULL,
        market text NOT NULL,
        locale text NOT NULL,
        registered_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE handles (
        handle_id uuid PRIMARY KEY,
        person_id uuid NOT NULL REFERENCES people,
        channel text NOT NULL,
        handle text NOT NULL,
        linked_at timestamptz NOT NULL,
        UNIQUE (channel, handle)
      )`);
    await runner.query('CREATE INDEX handles_of_person ON handles (person_id)');
    await runner.query(`
      CREATE TABLE challenges (
        challenge_id uuid PRIMARY KEY,
        phone text NOT NULL,
        registration jsonb,
        code_hmac bytea NOT NULL,
        attempts_left smallint NOT NULL CHECK (attempts_left >= 0),
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await runner.query('CREATE INDEX challenges_of_phone ON challenges (phone, created_at)');
    await runner.query('CREATE INDEX challenges_by_age ON challenges (created_at)');
    for (const statement of outboxMigrationSql) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE handles, people, challenges, outbox');
  }
}
