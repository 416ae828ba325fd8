import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Res,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { Public } from './auth/access.js';
import type { HealthRegistry } from './health.js';
import { listRoutes, type Route } from './http/routes.js';
import { ApiReturns, ApiSummary, ApiTag } from './openapi/decorators.js';
import { openApiDocument, operationsTag, type OpenApiDocument } from './openapi/document.js';
import {
  swaggerAsset,
  swaggerPage,
  swaggerPagePolicy,
  swaggerStart,
  type DocumentLink,
} from './openapi/swagger-ui.js';

export interface OperationsOptions {
  service: string;
  health: HealthRegistry;
  /** What `/metrics` says, where it is among the service's routes. */
  metrics?: Registry;
  /** The application, once it is there: its routes are documented. */
  app: () => INestApplicationContext;
  /** One sentence on what the service is, for its document. */
  about?: string;
  /** Other documents that the page offers; the service's own unless told. */
  documents?: readonly DocumentLink[];
}

const alive = z.object({ status: z.literal('ok'), service: z.string() });
const readiness = z.object({
  status: z.enum(['ok', 'unavailable']),
  service: z.string(),
  checks: z.record(z.string(), z.string()),
  dependencies: z
    .record(z.string(), z.string())
    .optional()
    .describe('What it works with but is ready without'),
});

const ForOperations = ApiTag(operationsTag, 'For those who run the service');

/** The controllers that every service has: health, documentation and, unless they are elsewhere, metrics; all public. */
export function operationsControllers(options: OperationsOptions): Type[] {
  const { metrics } = options;
  return [
    healthController(options),
    docsController(options),
    ...(metrics ? [metricsController(metrics)] : []),
  ];
}

function healthController({ service, health }: OperationsOptions): Type {
  @Public()
  @ForOperations
  @Controller()
  class HealthController {
    @Get('/health/live')
    @ApiSummary('Whether the process runs')
    @ApiReturns(200, alive, 'It does')
    live(): z.output<typeof alive> {
      return { status: 'ok', service };
    }

    @Get('/health/ready')
    @ApiSummary('Whether the service can do its work')
    @ApiReturns(200, readiness, 'It can')
    @ApiReturns(503, readiness, 'It cannot; the checks say what is missing')
    async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.output<typeof readiness>> {
      const report = await health.report();
      reply.code(report.status === 'ok' ? 200 : 503).header('cache-control', 'no-store');
      return report;
    }
  }
  return HealthController;
}

function metricsController(metrics: Registry): Type {
  @Public()
  @ForOperations
  @Controller()
  class MetricsController {
    @Get('/metrics')
    @ApiSummary('Metrics for Prometheus')
    @ApiReturns(200, z.string(), 'Text exposition format', { mediaType: 'text/plain' })
    async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
      reply.type(metrics.contentType);
      return metrics.metrics();
    }
  }
  return MetricsController;
}

function docsController(options: OperationsOptions): Type {
  const { service, documents = [{ name: service, url: '/docs/json' }] } = options;
  let document: OpenApiDocument | undefined;

  @Public()
  @Controller('/docs')
  class DocsController {
    @Get()
    @ApiSummary('This documentation')
    @ApiReturns(200, z.string(), 'Swagger UI', { mediaType: 'text/html' })
    page(@Res({ passthrough: true }) reply: FastifyReply): string {
      reply.type('text/html; charset=utf-8').header('content-security-policy', swaggerPagePolicy);
      return swaggerPage(`Florin ${service}`);
    }

    @Get('/json')
    @ApiSummary('OpenAPI 3.1 of this service')
    @ApiReturns(200, z.looseObject({ openapi: z.literal('3.1.0') }), 'The document')
    json(): OpenApiDocument {
      document ??= openApiDocument(service, documentedRoutes(options.app()), options.about);
      return document;
    }

    @Get('/start.js')
    @ApiReturns(200, z.string(), 'Script of the page', { mediaType: 'text/javascript' })
    start(@Res({ passthrough: true }) reply: FastifyReply): string {
      reply.type('text/javascript; charset=utf-8');
      return swaggerStart(documents);
    }

    @Get('/assets/:name')
    @ApiReturns(200, z.string(), 'A file of Swagger UI', { mediaType: 'application/octet-stream' })
    async asset(
      @Param('name') name: string,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<Buffer> {
      const asset = await swaggerAsset(name);
      if (!asset) throw new NotFoundException();
      reply.type(asset.type).header('cache-control', 'public, max-age=86400');
      return asset.content;
    }
  }
  return DocsController;
}

/** Every route but those of the documentation itself. */
function documentedRoutes(app: INestApplicationContext): Route[] {
  return listRoutes(app).filter(({ path }) => !/^\/docs(\/|$)/.test(path));
}
