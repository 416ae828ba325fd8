import { migrateDatabase, runService } from '@florin/service-host';
import { paymentsConfig } from './config.js';
import { paymentsDatabase } from './database.js';
import { paymentsConsumers, paymentsModule } from './payments.module.js';

await runService({
  name: 'payments',
  config: paymentsConfig,
  migrate: (config) => migrateDatabase(paymentsDatabase(config)),
  module: paymentsModule,
  microservices: paymentsConsumers,
});
