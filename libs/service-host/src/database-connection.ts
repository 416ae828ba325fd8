import type { DatabaseConfig } from '@florin/configuration';
import type { ClientConfig } from 'pg';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';

/** How every connection to a service's database is made, whoever opens it. */
export function databaseConnection(config: DatabaseConfig): ClientConfig {
  return { connectionString: config.DATABASE_URL, ...connectionSettings(config) };
}

/** The same without the address. */
export function connectionSettings(config: DatabaseConfig): ClientConfig {
  return {
    ssl: tlsOf(config),
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    lock_timeout: config.DATABASE_LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: 30_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
}

function tlsOf(config: DatabaseConfig): false | ConnectionOptions {
  const { DATABASE_TLS: mode, DATABASE_TLS_CA: ca, DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key } = config;
  if (mode === 'disable') return false;
  const host = new URL(config.DATABASE_URL).hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: mode !== 'require',
    // pg hands over no host where it is an IP address, and Node would check against "localhost".
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}
