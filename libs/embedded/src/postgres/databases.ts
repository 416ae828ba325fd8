import pg from 'pg';
import type { Credentials } from './credentials.js';

const validName = /^[a-z][a-z0-9_]{0,62}$/;

/** Throws unless each name can be a role's and a database's name without quoting. */
export function checkDatabaseNames(names: readonly string[]): void {
  const wrong = names.filter(
    (name) => !validName.test(name) || name === 'postgres' || name.startsWith('template'),
  );
  if (wrong.length > 0) throw new Error(`Not a name for a database: ${wrong.join(', ')}`);
}

/**
 * Creates what is missing: for each name a role with its password, and a database of the same name which that role owns and no other
 * may enter.
 */
export async function ensureDatabases(
  superuserUrl: string,
  names: readonly string[],
  credentials: Credentials,
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const roles = await existing(client, 'SELECT rolname AS name FROM pg_roles');
    const databases = await existing(client, 'SELECT datname AS name FROM pg_database');
    for (const name of names) {
      const password = client.escapeLiteral(credentials[name] ?? '');
      if (!roles.has(name)) await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${password}`);
      if (!databases.has(name)) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
      await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
    }
  } finally {
    await client.end();
  }
}

async function existing(client: pg.Client, query: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(query);
  return new Set(rows.map(({ name }) => name));
}
