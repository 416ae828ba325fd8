export { Public, Internal, CurrentUser, CurrentService, type Access } from './auth/access.js';
export { serviceTokenSource, type ServiceTokenOptions } from './auth/service-token.js';
export { TokenVerifier, type Principal, type ServicePrincipal } from './auth/token-verifier.js';
export {
  baseConfig,
  databaseConfig,
  httpUrl,
  integerText,
  kafkaConfig,
  loadConfig,
  marketsConfig,
  secretFromFile,
  switchText,
  type BaseConfig,
} from './config.js';
export { createDataSource, migrateDatabase, type DataSourceOptions } from './database.js';
export { preparedDatabase, type PreparedDatabase, type PreparedSql } from './prepared-sql.js';
export { HealthRegistry, type HealthReport } from './health.js';
export { fetchJson, UpstreamProblem, type FetchOptions } from './http/client.js';
export { idempotencyKey, preferWaitSeconds } from './http/headers.js';
export { bodyLimit, parseJson } from './http/json-body.js';
export { pageFields, pageOf, toPage } from './http/pages.js';
export { sendProblem } from './http/problem.filter.js';
export { contextOf, traceIdOf } from './http/request-hooks.js';
export { listRoutes, type Route } from './http/routes.js';
export { parseInput, ZodBody, ZodParams, ZodQuery } from './http/validation.js';
export { createLogger, type Logger } from './logger.js';
export { ApiProblems, ApiReturns, ApiSummary } from './openapi/decorators.js';
export type { OpenApiDocument } from './openapi/document.js';
export type { DocumentLink } from './openapi/swagger-ui.js';
export {
  commonProblems,
  defineProblems,
  problemBody,
  ProblemError,
  type InputError,
  type ProblemDefinition,
} from './problems.js';
export { runService } from './run.js';
export type { ServiceContext, ServiceDefinition, TransportStrategy } from './service.js';
export { startService, type RunningService } from './start.js';
export { currentTrace, traceHeaders, type TraceHeaders } from './tracing.js';
