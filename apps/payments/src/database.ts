import { type DatabaseConfig } from '@florin/configuration';
import { createDataSource } from '@florin/service-host';
import type { DataSource } from 'typeorm';
import { Payments1790000000001 } from './migrations/1-payments.js';

export function paymentsDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'payments',
    migrations: [Payments1790000000001],
  });
}
