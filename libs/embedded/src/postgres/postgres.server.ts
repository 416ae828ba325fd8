import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { chooseAccount } from './account.js';
import { locateBinaries } from './binaries.js';
import { createCluster, predecessorTimeoutMs, requireNoOtherServer } from './cluster.js';
import { ensureCredentials, superuser } from './credentials.js';
import { checkDatabaseNames, ensureDatabases } from './databases.js';
import { type ServerProcess, ServerStartError, readLockFile, startServerProcess } from './server-process.js';

export interface PostgresOptions {
  /** Folder of this server alone; made if missing. Holds the cluster and the passwords. */
  readonly dataDir: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Each becomes a role and a database of that name; what exists stays as it is. */
  readonly databases: readonly string[];
  /** Gets the server's log, line by line. */
  readonly onNotice?: (text: string) => void;
}

export interface PostgresServer {
  readonly port: number;
  /** Of the server's first process. */
  readonly pid: number;
  /** Connection string of one of the databases, as its own role. Throws for an unknown name. */
  url(database: string): string;
  /** Resolves when the server has ended, also when nobody asked it to. */
  readonly exited: Promise<void>;
  /** Fast shutdown: breaks off open transactions, writes a checkpoint. */
  close(): Promise<void>;
}

const portAttempts = 5;

/** Durable, small, and the same on every machine. */
const settings = {
  listen_addresses: '127.0.0.1',
  // Paths of sockets have a length limit that a deep clone breaks.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  jit: 'off',
  // Nothing replicates from here; a backup of a server that runs wants as much in the log as if something did, and holds on to so much of it.
  wal_level: 'replica',
  max_wal_senders: '0',
  max_slot_wal_keep_size: '4GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Errors of single statements are told to the client that made them.
  log_min_messages: 'log',
} as const;

/**
 * Starts the real PostgreSQL on 127.0.0.1 over `dataDir`. Everything that was committed is there again after a kill -9 of the
 * server, of this process or of the machine. If this process dies the server stops by itself.
 * Rejects when another server runs over the same folder, the port is taken or the folder cannot be used.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  checkDatabaseNames(options.databases);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const cluster = join(dataDir, 'cluster');
  const { account, binaries } = await chooseAccount(locateBinaries(), dataDir);
  const credentials = ensureCredentials(dataDir, options.databases);
  if (!existsSync(cluster))
    await createCluster(binaries.initdb, account, dataDir, credentials[superuser] ?? '');
  await requireNoOtherServer(cluster);

  const { server, port } = await startOnPort(options, (candidate) =>
    startServerProcess(
      [...account.prefix, binaries.postgres, '-D', cluster, ...serverArguments(candidate)],
      cluster,
      options.onNotice ?? (() => undefined),
    ),
  );
  const url = (database: string, role = database) =>
    `postgres://${role}:${credentials[role]}@127.0.0.1:${port}/${database}`;
  const pid = readLockFile(cluster)?.pid;
  try {
    if (pid === undefined) throw new Error('PostgreSQL has ended as soon as it was ready.');
    await ensureDatabases(url('postgres', superuser), options.databases, credentials);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    port,
    pid,
    url(database) {
      if (!options.databases.includes(database)) throw new Error(`There is no database ${database}.`);
      return url(database);
    },
    exited: server.exited,
    close: () => server.stop(),
  };
}

function serverArguments(port: number): string[] {
  return Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}

async function startOnPort(
  options: PostgresOptions,
  start: (port: number) => Promise<ServerProcess>,
): Promise<{ server: ServerProcess; port: number }> {
  const givenUpAt = Date.now() + predecessorTimeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port || (await freePort());
    try {
      return { server: await start(port), port };
    } catch (error) {
      if (!(error instanceof ServerStartError)) throw error;
      if (error.predecessorEnding && Date.now() < givenUpAt) await sleep(200);
      else if (error.portInUse && options.port) throw new Error(`Port ${port} is in use.`, { cause: error });
      else if (!error.portInUse || attempt >= portAttempts) throw error;
    }
  }
}
