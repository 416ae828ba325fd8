import { createRequire } from 'node:module';
import type * as TypeOrm from 'typeorm';
import type { DataSource, MigrationInterface } from 'typeorm';

type Class<T> = new () => T;

export interface DataSourceOptions {
  /** Name of the service, as the database shows its connections. */
  name: string;
  migrations: Class<MigrationInterface>[];
  /** Connections at most; 10 unless told. */
  poolSize?: number;
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
 * A TypeORM data source for PostgreSQL, not yet connected. The schema comes from migrations alone; no statement runs
 * longer than 10 s and nobody waits longer than 5 s for a connection.
 */
export function createDataSource(url: string, options: DataSourceOptions): DataSource {
  // Loaded here, so that a service without a database starts without it.
  const typeorm = createRequire(import.meta.url)('typeorm') as typeof TypeOrm;
  return new typeorm.DataSource({
    type: 'postgres',
    url,
    applicationName: options.name,
    migrations: options.migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logger: silence,
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: 5_000,
    extra: {
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
    },
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
      // Migrations may take longer than any other statement may.
      await holder.query('set statement_timeout = 0');
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
