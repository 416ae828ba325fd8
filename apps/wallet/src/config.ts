import { marketSchema } from '@florin/contracts';
import { baseConfig, integerText, secretFromFile } from '@florin/service-host';
import { z } from 'zod';

export const walletConfig = baseConfig
  .extend({
    DATABASE_URL: secretFromFile('PostgreSQL connection string'),
    DATABASE_POOL_SIZE: integerText(4, 200).default(10),
    KAFKA_BROKERS: z
      .string()
      .transform((list) => list.split(',').map((broker) => broker.trim()))
      .meta({ description: 'host:port of Kafka brokers, separated by commas' }),
    EVENTSTORE_URL: secretFromFile('EventStoreDB connection string, esdb://…'),
    MARKETS: z
      .string()
      .transform((list) => list.split(',').map((market) => market.trim()))
      .pipe(z.array(marketSchema).min(1))
      .meta({ description: 'Markets whose books this service keeps, separated by commas: it,br,in' }),
    TEST_MONEY: z
      .enum(['true', 'false'])
      .default('false')
      .transform((value) => value === 'true')
      .meta({ description: 'Whether people may fund their wallet with test money; never in production' }),
  })
  .refine((config) => !(config.TEST_MONEY && config.NODE_ENV === 'production'), {
    path: ['TEST_MONEY'],
    error: 'must not be true when NODE_ENV is production',
  });

export type WalletConfig = z.output<typeof walletConfig>;
