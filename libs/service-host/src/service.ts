import type { BaseConfig, ConfigSchema, DatabaseConfig } from '@florin/configuration';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import type { TokenVerifier } from './auth/token-verifier.js';
import type { HealthRegistry } from './health.js';
import type { Logger } from './logger.js';
import type { DocumentLink } from './openapi/swagger-ui.js';

/** What brings messages to handlers; the strategies of `@florin/messaging` are such. */
export interface TransportStrategy {
  listen(callback: (error?: unknown) => void): unknown;
  close(): unknown;
}

/** What a service is, as its main.ts gives it to `runService`. */
export interface ServiceDefinition<C extends BaseConfig = BaseConfig> {
  readonly name: string;
  /** One sentence on what it is, for its documentation. */
  readonly about?: string;
  /** `baseConfig` extended by what the service reads from its environment. */
  readonly config: ConfigSchema<C>;
  /** Brings the service's own database up to date; run by the command `migrate`. */
  readonly migrate?: (config: DatabaseConfig) => Promise<void>;
  readonly module: (context: ServiceContext<C>) => DynamicModule | Type | Promise<DynamicModule | Type>;
  /** Consumers, connected before the service listens. */
  readonly microservices?: (
    app: INestApplication,
    context: ServiceContext<C>,
  ) => TransportStrategy[] | Promise<TransportStrategy[]>;
  /** Last changes to the application before it starts, such as routes that are not controllers. */
  readonly configure?: (app: NestFastifyApplication, context: ServiceContext<C>) => void | Promise<void>;
  /** Documents that the page at `/docs` offers; the service's own unless told. */
  readonly documents?: readonly DocumentLink[];
}

/** What service-host gives to a service's module. */
export interface ServiceContext<C = BaseConfig> {
  readonly name: string;
  readonly config: C;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly health: HealthRegistry;
  readonly auth: TokenVerifier;
  /** Aborted when the service begins to stop: end long waits and streams. */
  readonly stopping: AbortSignal;
  /** Runs `close` at the end of a shutdown, after requests and consumers; the last one registered first. */
  onClose(name: string, close: () => Promise<void>): void;
}
