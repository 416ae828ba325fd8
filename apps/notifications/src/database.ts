import { type DatabaseConfig } from '@florin/configuration';
import { createDataSource } from '@florin/service-host';
import type { DataSource } from 'typeorm';
import { Notifications1790000000001 } from './migrations/1-notifications.js';

export function notificationsDatabase(config: DatabaseConfig): DataSource {
  return createDataSource(config, {
    name: 'notifications',
    migrations: [Notifications1790000000001],
  });
}
