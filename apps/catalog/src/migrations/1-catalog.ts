import { outboxMigrationSql } from '@florin/messaging';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Catalog1790000000001 implements MigrationInterface {
  name = 'Catalog1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE shops (
        shop_id uuid PRIMARY KEY,
        owner_id uuid NOT NULL,
        name text NOT NULL,
        market text NOT NULL,
        opened_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE products (
        shop_id uuid NOT NULL REFERENCES shops,
        product_id uuid NOT NULL,
        sku text NOT NULL,
        title text NOT NULL,
        price_minor bigint NOT NULL CHECK (price_minor > 0),
        currency char(3) NOT NULL,
        availability text NOT NULL CHECK (availability IN ('in_stock', 'out_of_stock')),
        PRIMARY KEY (shop_id, product_id),
        UNIQUE (shop_id, sku)
      )`);
    for (const statement of outboxMigrationSql) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE products, shops, outbox');
  }
}
