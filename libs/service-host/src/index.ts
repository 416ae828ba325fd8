// First, before anything that an older Node does not have.
import './node-version.js';

export { AccessToken, CurrentUser, Internal, Public } from './auth/access.js';
export { serviceTokenSource } from './auth/service-token.js';
export type { Principal } from './auth/token-verifier.js';
export { databaseConnection } from './database-connection.js';
export { createDataSource, migrateDatabase } from './database.js';
export { openDatabase } from './open-database.js';
export { preparedDatabase, type PreparedDatabase, type PreparedSql } from './prepared-sql.js';
export { fetchJson, UpstreamProblem } from './http/client.js';
export { IdempotencyKey, PreferWait, ZodHeaders } from './http/headers.js';
export { bodyLimit } from './http/json-body.js';
export { pageFields, pageOf, toPage } from './http/pages.js';
export { grouped } from './grouped.js';
export { contextOf } from './http/request-hooks.js';
export { RouteRules } from './http/route-rules.js';
export { listRoutes, routesOf } from './http/routes.js';
export { ZodBody, ZodParams, ZodQuery } from './http/validation.js';
export { createLogger, type Logger } from './logger.js';
export { ApiProblems, ApiReturns, ApiSummary, ApiTag } from './openapi/decorators.js';
export { openApiDocument, withPaths, type OpenApiDocument } from './openapi/document.js';
export { problemResponses } from './openapi/problem-responses.js';
export type { DocumentLink } from './openapi/swagger-ui.js';
export {
  amountProblems,
  commonProblems,
  defineProblems,
  marketClosed,
  ProblemError,
  type ProblemDefinition,
} from './problems.js';
export { runService } from './run.js';
export type { ServiceContext, ServiceDefinition } from './service.js';
export { startService, type RunningService } from './start.js';
export { traceHeaders } from './tracing.js';
