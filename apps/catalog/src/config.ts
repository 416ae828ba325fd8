import { baseConfig, integerText, secretFromFile } from '@florin/service-host';
import { z } from 'zod';

export const catalogConfig = baseConfig.extend({
  DATABASE_URL: secretFromFile('PostgreSQL connection string'),
  DATABASE_POOL_SIZE: integerText(2, 200).default(10),
  KAFKA_BROKERS: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .meta({ description: 'host:port of Kafka brokers, separated by commas' }),
});

export type CatalogConfig = z.output<typeof catalogConfig>;
