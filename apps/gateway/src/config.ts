import { baseConfig, httpUrl, integerText } from '@florin/configuration';
import type { z } from 'zod';

const perMinute = integerText(1, 10_000_000);

export const gatewayConfig = baseConfig.extend({
  METRICS_PORT: integerText(0, 65_535).default(9464).meta({
    description: 'Port that serves /metrics and nothing else: PORT is public',
  }),
  IDENTITY_URL: httpUrl().meta({ description: 'Where identity is' }),
  WALLET_URL: httpUrl().meta({ description: 'Where wallet is' }),
  PAYMENTS_URL: httpUrl().meta({ description: 'Where payments is' }),
  CATALOG_URL: httpUrl().meta({ description: 'Where catalog is' }),
  NOTIFICATIONS_URL: httpUrl().meta({ description: 'Where notifications is' }),
  RATE_LIMIT_PER_PERSON_PER_MINUTE: perMinute.default(600).meta({ description: 'Requests of one person' }),
  RATE_LIMIT_PUBLIC_PER_MINUTE: perMinute
    .default(120)
    .meta({ description: 'Requests of one IP address to public routes or without a valid token' }),
  UPSTREAM_TIMEOUT_MS: integerText(10, 120_000).default(35_000).meta({
    description: 'How long a service has to begin its answer; longer than the longest Prefer: wait',
  }),
  UPSTREAM_READ_TIMEOUT_MS: integerText(10, 120_000).default(10_000).meta({
    description: 'The same for reads (GET and HEAD), which wait for nothing',
  }),
  TRUSTED_PROXIES: integerText(0, 10)
    .default(0)
    .meta({ description: 'How many proxies stand before the gateway and add to X-Forwarded-For' }),
});

export type GatewayConfig = z.output<typeof gatewayConfig>;
