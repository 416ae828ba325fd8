import { migrateDatabase, runService } from '@florin/service-host';
import { catalogConfig } from './config.js';
import { catalogDatabase } from './database.js';
import { catalogModule } from './catalog.module.js';

await runService({
  name: 'catalog',
  about: 'Keeps the shops of people and what they sell.',
  config: catalogConfig,
  migrate: (config) => migrateDatabase(catalogDatabase(config)),
  module: catalogModule,
});
