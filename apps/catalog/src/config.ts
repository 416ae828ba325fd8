import { baseConfig, databaseConfig, kafkaConfig } from '@florin/service-host';
import type { z } from 'zod';

export const catalogConfig = baseConfig.extend({
  ...databaseConfig(),
  ...kafkaConfig,
});

export type CatalogConfig = z.output<typeof catalogConfig>;
