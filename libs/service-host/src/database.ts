import type { DatabaseConfig } from '@florin/configuration';
import { createRequire } from 'node:module';
import type * as TypeOrm from 'typeorm';
import type { DataSource, MigrationInterface } from 'typeorm';
import { connectionSettings } from './database-connection.js';

type Class<T> = new () => T;

export interface DataSourceOptions {
  /** Name of the service, as the database shows its connections. */
  name: string;
  migrations: Class<MigrationInterface>[];
}

// TypeORM's own would write to the console, parameters and all; what fails is thrown, and logged where it is caught.
const silence: TypeOrm.Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

/**
 * A TypeORM data source for PostgreSQL, not yet connected. The schema comes from migrations alone; nobody waits longer
 * than 5 s for a connection.
 */
export function createDataSource(config: DatabaseConfig, options: DataSourceOptions): DataSource {
  // Loaded here, so that a service without a database starts without it.
  const typeorm = createRequire(import.meta.url)('typeorm') as typeof TypeOrm;
  return new typeorm.DataSource({
    type: 'postgres',
    url: config.DATABASE_URL,
    applicationName: options.name,
    migrations: options.migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logger: silence,
    poolSize: config.DATABASE_POOL_SIZE,
    extra: connectionSettings(config),
  });
}

// Any number that services of ours agree on: two that migrate one database at once take turns.
const migrationLock = 7_104_611;

/** Connects where needed, runs the migrations that are missing, one process at a time, and disconnects again. */
export async function migrateDatabase(dataSource: DataSource): Promise<void> {
  if (!dataSource.isInitialized) await dataSource.initialize();
  try {
    const holder = dataSource.createQueryRunner();
    try {
      // Who comes second waits as long as the first one takes.
      await holder.query('set statement_timeout = 0; set lock_timeout = 0');
      await holder.query('select pg_advisory_lock($1)', [migrationLock]);
      await dataSource.runMigrations();
    } finally {
      await holder.query('select pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
      await holder.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
