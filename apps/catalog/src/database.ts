import { type DatabaseConfig } from '@florin/configuration';
import { createDataSource } from '@florin/service-host';
import type { DataSource } from 'typeorm';
import { Catalog1790000000001 } from './migrations/1-catalog.js';

export function catalogDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'catalog',
    migrations: [Catalog1790000000001],
  });
}
