import type { BaseConfig } from '@florin/configuration';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { AccessGuard } from './auth/access.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { HealthRegistry } from './health.js';
import { BrokenRequests } from './http/broken-requests.js';
import { closeHttpClient, fetchJson } from './http/client.js';
import { bodyLimit, readJsonOnly } from './http/json-body.js';
import { ProblemFilter, sendProblem } from './http/problem.filter.js';
import { observeRequests } from './http/request-hooks.js';
import { enforceRequestRules } from './http/request-rules.js';
import { applyBodyLimits } from './http/route-rules.js';
import { listRoutes, matchesPattern } from './http/routes.js';
import { createLogger, type Logger } from './logger.js';
import { listenForMetrics } from './metrics-listener.js';
import { createMetrics } from './metrics.js';
import { NestLogger } from './nest-logger.js';
import { operationsControllers } from './operations.js';
import { ProblemError, problemOfStatus } from './problems.js';
import type { ServiceContext, ServiceDefinition } from './service.js';
import { stopService, trackSilentSockets } from './shutdown.js';
import { setUpTracing } from './tracing.js';

/** A service that listens. */
export interface RunningService<C = BaseConfig> {
  readonly app: NestFastifyApplication;
  readonly context: ServiceContext<C>;
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where Prometheus finds its metrics. */
  readonly metricsUrl: string;
  /** Ends it in order; rejects if that takes longer than 10 s. Calls after the first wait for the same end. */
  stop(): Promise<void>;
}

/** Starts a service in this process and listens. `runService` does this with the environment; tests call it. */
export async function startService<C extends BaseConfig>(
  service: ServiceDefinition<C>,
  config: C,
  logger: Logger = createLogger(service.name, config.LOG_LEVEL),
): Promise<RunningService<C>> {
  const flushSpans = await setUpTracing(service.name, config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const stopping = new AbortController();
  const closers: { name: string; close: () => Promise<void> }[] = [
    { name: 'spans', close: flushSpans },
    { name: 'http client', close: closeHttpClient },
  ];
  const context: ServiceContext<C> = {
    name: service.name,
    config,
    logger,
    metrics: createMetrics(service.name),
    health: new HealthRegistry(service.name),
    auth: new TokenVerifier({ issuer: config.ISSUER, fetchKeys: () => fetchKeys(config.JWKS_URL) }),
    stopping: stopping.signal,
    onClose: (name, close) => closers.push({ name, close }),
  };
  const { app, openResponses } = await createApp(service, context);
  const silentSockets = trackSilentSockets(app.getHttpServer());
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= stopService({
      app,
      context,
      openResponses,
      silentSockets,
      closers,
      abort: () => stopping.abort(),
    }));
  let metricsPort: number | undefined;
  try {
    metricsPort = await openMetricsPort(context);
    for (const strategy of (await service.microservices?.(app, context)) ?? []) {
      app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    }
    await app.init();
    await app.startAllMicroservices();
    await app.listen(config.PORT, config.HOST);
  } catch (error) {
    await stop().catch((cause: unknown) => logger.error({ err: cause }, 'closing after a failed start'));
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const host = config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST;
  const origin = `http://${host}`;
  return {
    app,
    context,
    url: `${origin}:${port}`,
    metricsUrl: `${origin}:${metricsPort ?? port}/metrics`,
    stop,
  };
}

async function openMetricsPort({
  config,
  metrics,
  logger,
  onClose,
}: ServiceContext<BaseConfig>): Promise<number | undefined> {
  if (config.METRICS_PORT === undefined) return undefined;
  const listener = await listenForMetrics(metrics, { host: config.HOST, port: config.METRICS_PORT, logger });
  onClose('metrics', () => listener.close());
  return listener.port;
}

async function createApp<C extends BaseConfig>(service: ServiceDefinition<C>, context: ServiceContext<C>) {
  const { logger, metrics, health, auth } = context;
  const brokenRequests = new BrokenRequests(logger);
  const adapter = new FastifyAdapter({
    bodyLimit,
    // Requests that came before the end are answered; who comes later finds no open port.
    return503OnClosing: false,
    requestTimeout: 30_000,
    clientErrorHandler: brokenRequests.refuse,
    // Node would answer with an empty page.
    http: { requireHostHeader: false },
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 256 },
    // The router refuses these before any hook or filter of ours.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const problem = problemOfStatus(error.statusCode ?? 400);
      sendProblem(reply, new ProblemError(problem, 'The address is not well-formed.'), undefined);
    },
  });
  const fastify = adapter.getInstance();
  brokenRequests.watch(fastify.server);
  readJsonOnly(fastify);
  applyBodyLimits(fastify);
  const openResponses = observeRequests(fastify, { logger, metrics });
  enforceRequestRules(fastify);
  const controllers = operationsControllers({
    service: service.name,
    health,
    ...(context.config.METRICS_PORT === undefined && { metrics }),
    app: () => app,
    ...(service.about !== undefined && { about: service.about }),
    ...(service.documents && { documents: service.documents }),
  });
  const app: NestFastifyApplication = await NestFactory.create<NestFastifyApplication>(
    rootModule(controllers, await service.module(context)),
    adapter,
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalGuards(new AccessGuard(auth));
  app.useGlobalFilters(new ProblemFilter(logger, methodsAt(app)));
  await service.configure?.(app, context);
  return { app, openResponses };
}

function rootModule(controllers: Type[], service: DynamicModule | Type): Type {
  @Module({ imports: [service], controllers })
  class ServiceModule {}
  return ServiceModule;
}

function methodsAt(app: NestFastifyApplication): (path: string) => string[] {
  return (path) => [
    ...new Set(
      listRoutes(app)
        .filter((route) => matchesPattern(route.path, path))
        .map((route) => route.method),
    ),
  ];
}

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  return fetchJson(url, { schema: keySet, timeoutMs: 2_000 });
}
