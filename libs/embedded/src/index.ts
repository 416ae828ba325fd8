export { startPostgres, type PostgresOptions, type PostgresServer } from './postgres/postgres.server.js';
