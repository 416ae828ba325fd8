import { fetchJson, type ServiceContext, type ServiceDefinition } from '@florin/service-host';
import type { DynamicModule } from '@nestjs/common';
import { z } from 'zod';
import { gatewayConfig, type GatewayConfig } from './config.js';
import { docsController, documents, FrontDoorController } from './docs.controller.js';
import { proxyRoutes } from './proxy.js';
import { routes, services, serviceUrls, type ServiceName } from './routes.js';
import { Upstream } from './upstream.js';

class GatewayModule {}

function gatewayModule({ config, health }: ServiceContext<GatewayConfig>): DynamicModule {
  const urls = serviceUrls(config);
  // Told, and no reason to say "not ready": without one service the gateway still carries requests to the others.
  for (const service of services) health.inform(service, () => askReadiness(urls[service]));
  return { module: GatewayModule, controllers: [FrontDoorController, docsController(urls)] };
}

async function askReadiness(url: string): Promise<void> {
  await fetchJson(`${url}/health/ready`, {
    schema: z.looseObject({ status: z.literal('ok') }),
    timeoutMs: 900,
  });
}

/** The one public port. */
export const gateway: ServiceDefinition<GatewayConfig> = {
  name: 'gateway',
  about: 'The one public address of all services.',
  config: gatewayConfig,
  documents,
  module: gatewayModule,
  configure: (app, context) => {
    const { config } = context;
    const urls = serviceUrls(config);
    const timeouts = { read: config.UPSTREAM_READ_TIMEOUT_MS, write: config.UPSTREAM_TIMEOUT_MS };
    const upstreams = Object.fromEntries(
      services.map((name) => [name, new Upstream(name, urls[name], timeouts)]),
    ) as Record<ServiceName, Upstream>;
    for (const upstream of Object.values(upstreams)) context.onClose(upstream.name, () => upstream.close());
    proxyRoutes(app.getHttpAdapter().getInstance(), routes, upstreams, context);
  },
};
