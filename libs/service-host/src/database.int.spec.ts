import { databaseConfig, loadConfig } from '@florin/configuration';
import { startPostgres, type PostgresServer } from '@florin/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { databaseConnection } from './database-connection.js';
import { createDataSource, migrateDatabase } from './database.js';
import { preparedDatabase } from './prepared-sql.js';

class CreateShelf1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id int primary key)');
    await runner.query('insert into shelf select generate_series(1, 3)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

class BreakShelf1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('insert into shelf values (4)');
    await runner.query('insert into shelf values (1)');
  }

  async down(): Promise<void> {}
}

describe('the database of a service', () => {
  let folder: string;
  let postgres: PostgresServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'florin-database-'));
    postgres = await startPostgres({ dataDir: join(folder, 'postgres'), databases: ['shelf'] });
  }, 120_000);
  afterAll(async () => {
    await postgres?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const configuration = (more: Record<string, string> = {}) =>
    loadConfig(z.object(databaseConfig()), {
      DATABASE_URL: postgres.url('shelf'),
      DATABASE_POOL_SIZE: '2',
      ...more,
    });
  const source = (migrations: (new () => MigrationInterface)[] = [CreateShelf1700000000000]) =>
    createDataSource(configuration(), { name: 'shelf-service', migrations });

  it('is migrated once, also by two processes at the same time and again later', async () => {
    await Promise.all([migrateDatabase(source()), migrateDatabase(source())]);
    await migrateDatabase(source());
    const database = await source().initialize();
    expect(await database.query('select count(*)::int as count from shelf')).toEqual([{ count: 3 }]);
    await database.destroy();
  });

  it('stays as it was when a migration fails', async () => {
    const broken = source([CreateShelf1700000000000, BreakShelf1700000000001]);
    await expect(migrateDatabase(broken)).rejects.toMatchObject({ code: '23505' });
    expect(broken.isInitialized).toBe(false);
    const database = await source().initialize();
    expect(await database.query('select count(*)::int as count from shelf')).toEqual([{ count: 3 }]);
    await database.destroy();
  });

  it('knows who asks, and how long a statement may take and wait for a lock', async () => {
    const database = await source().initialize();
    const settings = `select current_setting('application_name') as name,
      current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`;
    expect(await database.query(settings)).toEqual([{ name: 'shelf-service', statement: '10s', lock: '5s' }]);
    await database.destroy();

    const limits = { DATABASE_STATEMENT_TIMEOUT_MS: '700', DATABASE_LOCK_TIMEOUT_MS: '300' };
    const client = new Client(databaseConnection(configuration(limits)));
    await client.connect();
    expect((await client.query(settings)).rows).toMatchObject([{ statement: '700ms', lock: '300ms' }]);
    await client.end();
  });

  it('keeps the statements of hot paths prepared, and a transaction whole', async () => {
    const database = await source().initialize();
    const sql = preparedDatabase(database);
    const insert = 'insert into shelf values ($1) returning id';
    expect(await sql.transaction((inner) => inner.query(insert, [10]))).toEqual([{ id: 10 }]);
    const failed = sql.transaction(async (inner) => {
      await inner.query(insert, [11]);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await sql.query('select id from shelf where id >= $1', [10])).toEqual([{ id: 10 }]);
    const prepared = 'select statement from pg_prepared_statements where statement = $1';
    const seen = await sql.transaction(async (inner) => {
      await inner.query('select id from shelf where id >= $1', [10]);
      return inner.query(prepared, ['select id from shelf where id >= $1']);
    });
    expect(seen).toHaveLength(1);
    await database.destroy();
  });
});
