import { baseConfig, httpUrl, integerText, secretFromFile } from '@florin/service-host';
import { z } from 'zod';

export const notificationsConfig = baseConfig
  .extend({
    DATABASE_URL: secretFromFile('PostgreSQL connection string'),
    DATABASE_POOL_SIZE: integerText(2, 200).default(10),
    KAFKA_BROKERS: z
      .string()
      .transform((list) => list.split(',').map((broker) => broker.trim()))
      .meta({ description: 'host:port of Kafka brokers, separated by commas' }),
    IDENTITY_URL: httpUrl().meta({ description: 'Where names are looked up' }),
    SERVICE_CLIENT_SECRET: secretFromFile('Secret that identity knows this service by'),
    DEV_OUTBOX: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .meta({ description: 'Whether anybody may read the messages that were sent: for development alone' }),
  })
  .refine(({ NODE_ENV, DEV_OUTBOX }) => !(NODE_ENV === 'production' && DEV_OUTBOX), {
    path: ['DEV_OUTBOX'],
    message: 'must not be true in production: it shows sign-in codes to everybody',
  });

export type NotificationsConfig = z.output<typeof notificationsConfig>;
