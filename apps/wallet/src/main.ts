import { migrateDatabase, runService } from '@florin/service-host';
import { walletConfig } from './config.js';
import { walletDatabase } from './database.js';
import { walletConsumers, walletModule } from './wallet.module.js';

await runService({
  name: 'wallet',
  about: 'Keeps the books of every market, and tells people their balance and history.',
  config: walletConfig,
  migrate: (config) => migrateDatabase(walletDatabase(config)),
  module: walletModule,
  microservices: walletConsumers,
});
