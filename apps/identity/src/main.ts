import { migrateDatabase, runService } from '@florin/service-host';
import { identityConfig } from './config.js';
import { identityDatabase } from './database.js';
import { identityModule } from './identity.module.js';

await runService({
  name: 'identity',
  about: 'Knows people and their handles, signs them in by their phone, and issues tokens.',
  config: identityConfig,
  migrate: (config) => migrateDatabase(identityDatabase(config)),
  module: (context) => identityModule(context),
});
