import { migrateDatabase, runService } from '@florin/service-host';
import { notificationsConfig } from './config.js';
import { notificationsDatabase } from './database.js';
import { notificationsConsumers, notificationsModule } from './notifications.module.js';

await runService({
  name: 'notifications',
  about: 'Tells people what happened to their payments, and takes messages to phones.',
  config: notificationsConfig,
  migrate: (config) => migrateDatabase(notificationsDatabase(config)),
  module: notificationsModule,
  microservices: (_app, context) => notificationsConsumers(context),
});
