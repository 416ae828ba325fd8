import { marketSchema } from '@florin/contracts';
import { baseConfig, httpUrl, integerText, secretFromFile } from '@florin/service-host';
import { z } from 'zod';

export const paymentsConfig = baseConfig.extend({
  DATABASE_URL: secretFromFile('PostgreSQL connection string'),
  DATABASE_POOL_SIZE: integerText(2, 200).default(10),
  KAFKA_BROKERS: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .meta({ description: 'host:port of Kafka brokers, separated by commas' }),
  IDENTITY_URL: httpUrl().meta({ description: 'Where payees are looked up' }),
  MARKETS: z
    .string()
    .transform((list) => list.split(',').map((market) => market.trim()))
    .pipe(z.array(marketSchema).min(1))
    .meta({ description: 'Markets that are open, separated by commas: it,br,in' }),
});

export type PaymentsConfig = z.output<typeof paymentsConfig>;
