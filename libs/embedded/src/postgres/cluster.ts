import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Account } from './account.js';
import { superuser } from './credentials.js';
import { readLockFile, runProgram } from './server-process.js';

/** How long a server that is on its way out is waited for. */
export const predecessorTimeoutMs = 30_000;
const initTimeoutMs = 120_000;
const settleMs = 2000;

/** Makes `<dataDir>/cluster`, in a folder of another name first: an interrupted initdb must not look like a database. */
export async function createCluster(
  initdb: string,
  account: Account,
  dataDir: string,
  password: string,
): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (/^(cluster\.new|initdb-)/.test(name)) await rm(join(dataDir, name), { recursive: true });
  }
  const suffix = randomBytes(4).toString('hex');
  const folder = join(dataDir, `cluster.new-${suffix}`);
  const passwordFile = join(dataDir, `initdb-${suffix}.password`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    const command = [
      ...account.prefix,
      ...[initdb, '-D', folder, '--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      // Collation by code point, built in: the same order on every machine, whatever locales it has.
      ...['--encoding', 'UTF8', '--no-locale', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ];
    await runProgram(command, initTimeoutMs);
    await rename(folder, join(dataDir, 'cluster'));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws when a server runs over `cluster`. A server whose own starter was killed is on its way out, and is waited for. */
export async function requireNoOtherServer(cluster: string): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const lock = readLockFile(cluster);
    if (lock === undefined) return;
    const command = await commandLine(lock.pid);
    // Without the process PostgreSQL clears the file itself; with another program under its number it would refuse to start.
    if (command === undefined) return;
    if (!command.includes(cluster)) return rm(join(cluster, 'postmaster.pid'), { force: true });
    if (Date.now() - startedAt > (lock.stopping ? predecessorTimeoutMs : settleMs)) {
      throw new Error(
        `A PostgreSQL server (process ${lock.pid}) already runs over ${cluster}. Stop it first.`,
      );
    }
    await sleep(100);
  }
}

async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (existsSync('/proc/self/cmdline')) return await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return (await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return undefined;
  }
}
