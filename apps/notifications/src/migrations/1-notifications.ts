import { inboxMigrationSql } from '@florin/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Notifications1790000000001 implements MigrationInterface {
  name = 'Notifications1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    // One row per person, locked by whoever writes to their feed: so positions become visible in their order, and a
    // reader that has seen one has seen all before it.
    await runner.query(`
      CREATE TABLE feeds (
        person_id uuid PRIMARY KEY,
        locale text,
        last_position bigint NOT NULL DEFAULT 0
      )`);
    await runner.query(`
      CREATE TABLE notifications (
        person_id uuid NOT NULL,
        position bigint NOT NULL,
        notification_id uuid NOT NULL,
        event_id text NOT NULL,
        kind text NOT NULL,
        payment_id uuid NOT NULL,
        text text NOT NULL,
        locale text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (person_id, position),
        UNIQUE (event_id, person_id)
      )`);
    await runner.query(`
      CREATE TABLE outbound_messages (
        message_id uuid PRIMARY KEY,
        recipient text NOT NULL,
        template text NOT NULL,
        text text NOT NULL,
        code text,
        created_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX outbound_messages_to ON outbound_messages (recipient, created_at DESC)');
    await runner.query('CREATE INDEX outbound_messages_by_age ON outbound_messages (created_at)');
    for (const statement of inboxMigrationSql) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE feeds, notifications, outbound_messages, inbox');
  }
}
