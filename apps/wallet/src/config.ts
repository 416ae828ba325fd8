import {
  baseConfig,
  databaseConfig,
  eventStoreConfig,
  kafkaConfig,
  marketsConfig,
  switchText,
} from '@florin/configuration';
import type { z } from 'zod';

export const walletConfig = baseConfig
  .extend({
    ...databaseConfig(4),
    ...kafkaConfig,
    ...eventStoreConfig,
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
