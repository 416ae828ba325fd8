import { databaseConfig, loadConfig } from '@florin/configuration';
import { migrateDatabase, preparedDatabase, type PreparedDatabase } from '@florin/service-host';
import { startTestEngines } from '@florin/testing';
import { z } from 'zod';
import { walletDatabase } from './database.js';

/** An empty database of the wallet, on a PostgreSQL of its own. */
export interface TestDatabase {
  readonly database: PreparedDatabase;
  close(): Promise<void>;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const engines = await startTestEngines({ databases: ['wallet'] });
  try {
    const config = loadConfig(z.object(databaseConfig()), { DATABASE_URL: engines.databaseUrl('wallet') });
    await migrateDatabase(walletDatabase(config));
    const dataSource = await walletDatabase(config).initialize();
    return {
      database: preparedDatabase(dataSource),
      async close() {
        await dataSource.destroy();
        await engines.close();
      },
    };
  } catch (error) {
    await engines.close();
    throw error;
  }
}
