import { migrateDatabase, runService } from '@florin/service-host';
import { paymentsConfig } from './config.js';
import { paymentsDatabase } from './database.js';
import { paymentsConsumers, paymentsModule } from './payments.module.js';

await runService({
  name: 'payments',
  about: 'Takes payments between people by a handle of the payee, and says what became of them.',
  config: paymentsConfig,
  migrate: (config) => migrateDatabase(paymentsDatabase(config)),
  module: paymentsModule,
  microservices: paymentsConsumers,
});
