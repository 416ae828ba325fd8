import { openOutbox } from '@florin/messaging';
import {
  createDataSource,
  databaseConnection,
  type DatabaseConfig,
  type ServiceContext,
} from '@florin/service-host';
import type { DataSource, EntityManager } from 'typeorm';
import type { CatalogConfig } from './config.js';
import { Catalog1790000000001 } from './migrations/1-catalog.js';

export function catalogDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'catalog',
    migrations: [Catalog1790000000001],
  });
}

/** Runs work in one transaction, and has the events that it wrote to the outbox published once it is committed. */
export type Transact = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** Publishes the outbox for as long as the service runs. */
export function transactWithOutbox(context: ServiceContext<CatalogConfig>, database: DataSource): Transact {
  const { wake } = openOutbox(context, databaseConnection(context.config));
  return async (work) => {
    const result = await database.transaction(work);
    wake();
    return result;
  };
}
