import {
  baseConfig,
  databaseConfig,
  httpUrl,
  kafkaConfig,
  secretFromFile,
  switchText,
} from '@florin/configuration';
import type { z } from 'zod';

export const notificationsConfig = baseConfig
  .extend({
    ...databaseConfig(),
    ...kafkaConfig,
    IDENTITY_URL: httpUrl().meta({ description: 'Where names are looked up' }),
    SERVICE_CLIENT_SECRET: secretFromFile('Secret that identity knows this service by'),
    DEV_OUTBOX: switchText().meta({
      description: 'Whether anybody may read the messages that were sent: for development alone',
    }),
  })
  .refine(({ NODE_ENV, DEV_OUTBOX }) => !(NODE_ENV === 'production' && DEV_OUTBOX), {
    path: ['DEV_OUTBOX'],
    message: 'must not be true in production: it shows sign-in codes to everybody',
  });

export type NotificationsConfig = z.output<typeof notificationsConfig>;
