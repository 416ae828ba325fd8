import { databaseConfig, loadConfig } from '@florin/configuration';
import { makeCertificateAuthority, startPostgres, type PostgresServer } from '@florin/embedded';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { databaseConnection } from './database-connection.js';

const authority = makeCertificateAuthority();
let folder: string;
let postgres: PostgresServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'florin-database-'));
  // Made in plain text, and then given a certificate.
  postgres = await startPostgres({ dataDir: folder, databases: ['shelf'] });
  await postgres.close();
  const { cert, key } = authority.issue('database', ['localhost']);
  const files = { ssl_ca_file: authority.ca, ssl_cert_file: cert, ssl_key_file: key };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, 'cluster', name);
    writeFileSync(file, text);
    const { uid, gid } = statSync(join(folder, 'cluster'));
    chownSync(file, uid, gid);
    chmodSync(file, 0o600);
    appendFileSync(join(folder, 'cluster', 'postgresql.conf'), `ssl = on\n${name} = '${name}'\n`);
  }
  postgres = await startPostgres({ dataDir: folder, databases: ['shelf'] });
}, 120_000);

afterAll(async () => {
  await postgres?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How a connection with these settings is protected, as the server sees it. */
async function connected(env: Record<string, string>, host = '127.0.0.1') {
  const DATABASE_URL = postgres.url('shelf').replace('127.0.0.1', host);
  const config = loadConfig(z.object(databaseConfig()), { DATABASE_URL, ...env });
  const client = new Client(databaseConnection(config));
  try {
    await client.connect();
    const { rows } = await client.query<{ ssl: boolean; client_dn: string | null }>(
      'select ssl, client_dn from pg_stat_ssl where pid = pg_backend_pid()',
    );
    return rows[0];
  } finally {
    await client.end();
  }
}

const CA = { DATABASE_TLS_CA: authority.ca };

it('is plain text, encrypted, or checked, as it is told', async () => {
  expect(await connected({})).toEqual({ ssl: false, client_dn: null });
  expect(await connected({ DATABASE_TLS: 'require' })).toEqual({ ssl: true, client_dn: null });
  expect(await connected({ DATABASE_TLS: 'verify-ca', ...CA })).toMatchObject({ ssl: true });
  expect(await connected({ DATABASE_TLS: 'verify-full', ...CA }, 'localhost')).toMatchObject({ ssl: true });
});

it('refuses a certificate of somebody else, and one for another host where that is asked for', async () => {
  const strange = { DATABASE_TLS_CA: makeCertificateAuthority().ca };
  await expect(connected({ DATABASE_TLS: 'verify-ca', ...strange })).rejects.toThrow(/certificate/);
  await expect(connected({ DATABASE_TLS: 'verify-full' }, 'localhost')).rejects.toThrow(/certificate/);
  await expect(connected({ DATABASE_TLS: 'verify-full', ...CA })).rejects.toThrow(/IP: 127\.0\.0\.1/);
});

it('shows a certificate of its own', async () => {
  const { cert, key } = authority.issue('shelf');
  const own = { DATABASE_TLS_CERT: cert, DATABASE_TLS_KEY: key };
  expect(await connected({ DATABASE_TLS: 'verify-ca', ...CA, ...own })).toEqual({
    ssl: true,
    client_dn: '/CN=shelf',
  });
});
