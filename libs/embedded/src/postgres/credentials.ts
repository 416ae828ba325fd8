import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Passwords by role; `postgres` is the superuser. */
export type Credentials = Readonly<Record<string, string>>;

export const superuser = 'postgres';

/**
 * The passwords kept in `<dataDir>/credentials.json` (mode 0600), completed with a new one for each role that has none. They are
 * written before the roles exist, so that an interrupted first start finds its own passwords again.
 */
export function ensureCredentials(dataDir: string, roles: readonly string[]): Credentials {
  const file = join(dataDir, 'credentials.json');
  const known: Credentials = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Credentials) : {};
  const missing = [superuser, ...roles].filter((role) => known[role] === undefined);
  if (missing.length === 0) return known;
  if (known[superuser] === undefined && existsSync(join(dataDir, 'cluster'))) {
    throw new Error(
      `${file} is missing, and the database in ${dataDir} opens only with the passwords in it.`,
    );
  }
  const completed = { ...known, ...Object.fromEntries(missing.map((role) => [role, newPassword()])) };
  writeFileSync(`${file}.new`, JSON.stringify(completed, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return completed;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
