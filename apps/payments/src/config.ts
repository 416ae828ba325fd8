import { baseConfig, databaseConfig, httpUrl, kafkaConfig, marketsConfig } from '@florin/configuration';
import type { z } from 'zod';

export const paymentsConfig = baseConfig.extend({
  ...databaseConfig(),
  ...kafkaConfig,
  IDENTITY_URL: httpUrl().meta({ description: 'Where payees are looked up' }),
  ...marketsConfig('Markets that are open'),
});

export type PaymentsConfig = z.output<typeof paymentsConfig>;
