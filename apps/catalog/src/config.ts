import { baseConfig, databaseConfig, kafkaConfig, marketsConfig } from '@florin/configuration';
import type { z } from 'zod';

export const catalogConfig = baseConfig.extend({
  ...databaseConfig(),
  ...kafkaConfig,
  ...marketsConfig('Markets that shops can be opened in'),
});

export type CatalogConfig = z.output<typeof catalogConfig>;
