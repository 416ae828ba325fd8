import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type CopiedFile, fileOf } from '../backup/cut.js';
import { locateBinaries } from './binaries.js';
import { ensureCredentials, superuser } from './credentials.js';

const PIECE_BYTES = 1024 * 1024;
const SEGMENTS_PER_NAME = 0x100;
/** SQLSTATE: there is a slot of that name. */
const duplicateObject = '42710';
const controlFile = 'global/pg_control';
/** A server makes their content anew; of `pg_wal` comes what is needed, at the end. */
const emptied = new Set([
  'pg_wal',
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const leftOut = /^(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*|pgsql_tmp.*|pg_internal\.init.*)$/;

export interface BaseBackupOptions {
  /** As `startPostgres` was given it. */
  readonly dataDir: string;
  readonly port: number;
}

/** Of the programs that come with this library: a cluster opens with those of its own major version alone. */
export function postgresMajor(): number {
  return Number.parseInt(locateBinaries().version, 10);
}

/**
 * A copy of the cluster of a server that runs, as PostgreSQL's manual makes one ("low-level API"): all databases with their roles at the one instant of
 * `stop`. The order of the calls: `files`, to its end; `stop`; `rest`, to its end; `end`, in any case. The server forgets about it when the connection
 * ends, and keeps 4 GB of its write-ahead log for it at most.
 */
export class BaseBackup {
  /** Folders of the cluster, the empty ones too; complete after `files`. */
  readonly folders: string[] = [];
  private label: { readonly text: string; readonly lastSegment: string } | undefined;

  private constructor(
    private readonly client: pg.Client,
    private readonly cluster: string,
    readonly version: string,
  ) {}

  static async begin({ dataDir, port }: BaseBackupOptions): Promise<BaseBackup> {
    const password = ensureCredentials(dataDir, [])[superuser] ?? '';
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' },
      ...{ keepAlive: true, application_name: 'florin backup' },
    });
    // The next query tells of it.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query("SELECT pg_create_physical_replication_slot('florin_backup', true, true)");
      await client.query("SELECT pg_backup_start('florin', true)");
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return new BaseBackup(client, join(dataDir, 'cluster'), rows[0]?.server_version ?? '');
    } catch (error) {
      await client.end();
      const taken = (error as { code?: string }).code === duplicateObject;
      throw taken ? new Error('Another backup is under way.', { cause: error }) : error;
    }
  }

  /** All but the write-ahead log. What is written meanwhile may be there in part: the log mends it. */
  async *files(): AsyncGenerator<CopiedFile> {
    yield* this.filesBelow('');
    yield fileOf(controlFile, await this.control());
  }

  /** Ends the backup: what is committed by now is in it. */
  async stop(): Promise<void> {
    const { rows } = await this.client.query<{ labelfile: string; spcmapfile: string; name: string }>(
      'SELECT labelfile, spcmapfile, pg_walfile_name(lsn - 1) AS name FROM pg_backup_stop(false)',
    );
    const [row] = rows;
    if (row === undefined || row.spcmapfile !== '')
      throw new Error('Tablespaces are not part of a backup: the cluster has some.');
    this.label = { text: row.labelfile, lastSegment: row.name };
  }

  /** What a server needs to bring the files to the instant of `stop`. */
  async *rest(): AsyncGenerator<CopiedFile> {
    if (this.label === undefined) throw new Error('The backup has not been stopped.');
    const { text, lastSegment } = this.label;
    const first = /^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)$/m.exec(text)?.[1] ?? '';
    const names = (await readdir(join(this.cluster, 'pg_wal')))
      .filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= lastSegment)
      .sort();
    if (names.length !== segmentNumber(lastSegment) - segmentNumber(first) + 1)
      throw new Error('PostgreSQL wrote more meanwhile than it keeps of its log: take the backup again.');
    for (const name of names) yield this.file(`pg_wal/${name}`, 'must be there');
    yield fileOf('backup_label', text);
  }

  async end(): Promise<void> {
    await this.client.end();
  }

  private async *filesBelow(folder: string): AsyncGenerator<CopiedFile> {
    for (const entry of await this.entries(folder)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        this.folders.push(path);
        // A slot's folder without its state stops the server.
        if (path !== 'pg_replslot') yield* this.filesBelow(path);
      } else if (entry.isFile()) {
        const isLeftOut = emptied.has(path.split('/', 1)[0] ?? '') || leftOut.test(entry.name);
        if (!isLeftOut && path !== controlFile) yield this.file(path, 'may go');
      } else throw new Error(`${path} of PostgreSQL's cluster is neither a file nor a folder.`);
    }
  }

  /** A database that is dropped meanwhile takes its folder with it. */
  private async entries(folder: string) {
    try {
      return await readdir(join(this.cluster, folder), { withFileTypes: true });
    } catch (error) {
      if (folder !== '' && isGone(error)) return [];
      throw error;
    }
  }

  private file(path: string, absence: 'may go' | 'must be there'): CopiedFile {
    return { path, read: () => readToEnd(join(this.cluster, path), absence === 'may go') };
  }

  /** The one file that the log does not mend: two equal reads in a row were not made while it was written. */
  private async control(): Promise<Buffer> {
    const path = join(this.cluster, controlFile);
    for (let attempt = 0, earlier = await readFile(path); attempt < 100; attempt += 1) {
      await sleep(5);
      const now = await readFile(path);
      if (now.equals(earlier)) return now;
      earlier = now;
    }
    throw new Error(`${path} changes all the time.`);
  }
}

/** To wherever it ends now. A table that was dropped meanwhile is an empty file that no catalog names. */
async function* readToEnd(path: string, mayBeGone: boolean): AsyncGenerator<Buffer> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) yield piece as Buffer;
  } catch (error) {
    if (!(mayBeGone && isGone(error))) throw error;
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Of a segment of 16 MiB, among those of its timeline. */
function segmentNumber(name: string): number {
  return Number.parseInt(name.slice(8, 16), 16) * SEGMENTS_PER_NAME + Number.parseInt(name.slice(16), 16);
}
