import {
  baseConfig,
  databaseConfig,
  kafkaConfig,
  marketsConfig,
  secretFromFile,
  switchText,
} from '@florin/service-host';
import type { z } from 'zod';

export const walletConfig = baseConfig
  .extend({
    ...databaseConfig(4),
    ...kafkaConfig,
    EVENTSTORE_URL: secretFromFile('EventStoreDB connection string, esdb://…').regex(
      /^esdb(\+discover)?:\/\/[^\s/]/,
      'must be an EventStoreDB address such as esdb://127.0.0.1:2113?tls=false',
    ),
    ...marketsConfig('Markets whose books this service keeps'),
    TEST_MONEY: switchText().meta({
      description: 'Whether people may fund their wallet with test money; never in production',
    }),
  })
  .refine((config) => !(config.TEST_MONEY && config.NODE_ENV === 'production'), {
    path: ['TEST_MONEY'],
    error: 'must not be true when NODE_ENV is production',
  });

export type WalletConfig = z.output<typeof walletConfig>;
