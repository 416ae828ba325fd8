import {
  BaseBackup,
  type CopiedFile,
  type Cut,
  cutEventStore,
  cutLogs,
  cutOffsets,
  postgresMajor,
} from '@florin/embedded';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentOfFile, type CopyProgress, CopyTo, isEmptyOrMissing } from './files.js';
import { headsOfBooks } from './heads.js';
import { backupFormat, contentOf, type Manifest, writeManifest } from './manifest.js';
import { syncFolders } from './sync-path.js';
import { pauseOutboxes } from './pause.js';

export interface BackupOptions {
  /** Of the stack, which runs, with the embedded engines. */
  readonly dataDir: string;
  /** Missing or empty; outside of `dataDir/engines`. */
  readonly out: string;
  /** Whether the secrets in `dataDir/keys` are to be part of it. */
  readonly withKeys: boolean;
  readonly eventStoreUrl: string;
  /** Of each database, as its own role. */
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

const rootPackage = fileURLToPath(new URL('../../../../package.json', import.meta.url));
const folders = {
  postgres: 'engines/postgres',
  cluster: 'engines/postgres/cluster',
  kafka: 'engines/kafka',
  eventStore: 'engines/event-store',
} as const;

/** What of Kafka and the event store belongs to a backup, taken in the order that `cutAll` explains. */
interface Cuts {
  readonly kafka: readonly Cut[];
  readonly eventStore: Cut;
  readonly books: Manifest['books'];
  readonly takenAt: string;
  readonly pausedMs: number;
}

/**
 * Copies the data of a stack that runs, all engines as of one instant, and says what it wrote. Needs memory for the list of files alone. What fails or
 * is broken off leaves nothing behind; what is killed leaves no manifest, and so nothing that can be restored.
 * docs/backup.md says what the order of the steps is good for.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { dataDir, out, withKeys, onProgress = () => undefined, signal } = options;
  await begin(out, dataDir);
  let postgres: BaseBackup | undefined;
  let cuts: Cuts | undefined;
  try {
    const to = new CopyTo(contentOf(out), onProgress, signal);
    postgres = await BaseBackup.begin({ dataDir: join(dataDir, folders.postgres), port: portOf(options) });
    await copy(to, folders.cluster, postgres.files());
    for (const path of postgres.folders) await to.makeFolder(`${folders.cluster}/${path}`);
    cuts = await cutAll(options, postgres);
    await copy(to, folders.cluster, postgres.rest());
    for (const cut of cuts.kafka) await copy(to, folders.kafka, cut.files);
    await copy(to, folders.eventStore, cuts.eventStore.files);
    const credentials = `${folders.postgres}/credentials.json`;
    await to.write(credentials, contentOfFile(join(dataDir, credentials)));
    const keys = await namesOfKeys(dataDir);
    if (withKeys)
      for (const name of keys) await to.write(`keys/${name}`, contentOfFile(join(dataDir, 'keys', name)));
    const { books, takenAt, pausedMs } = cuts;
    const manifest: Manifest = {
      ...{ format: backupFormat, takenAt, pausedMs, books },
      versions: { florin: await ownVersion(), node: process.version, postgres: postgres.version },
      postgresMajor: postgresMajor(),
      machine: machine(),
      keys: { included: withKeys, names: keys },
      folders: postgres.folders.map((path) => `${folders.cluster}/${path}`),
      files: to.written,
    };
    await to.sync();
    await syncFolders(contentOf(out), manifest);
    await writeManifest(out, manifest);
    return manifest;
  } catch (error) {
    await rm(contentOf(out), { recursive: true, force: true });
    throw error;
  } finally {
    closeAll(cuts);
    await postgres?.end();
  }
}

/** The kind of machine on which PostgreSQL's files can be opened. */
export function machine(): string {
  return `${process.platform}-${process.arch}`;
}

async function begin(out: string, dataDir: string): Promise<void> {
  if (!(await isEmptyOrMissing(out)))
    throw new Error(`${out} is not empty: a backup wants a folder of its own.`);
  await mkdir(out, { recursive: true, mode: 0o700 });
  const below = relative(await realpath(join(dataDir, 'engines')), await realpath(out));
  if (!below.startsWith('..') && resolve(below) !== below)
    throw new Error(`${out} is among the data that it is to be a copy of: choose another folder.`);
  await mkdir(contentOf(out), { mode: 0o700 });
}

function portOf({ databaseUrls }: BackupOptions): number {
  const [url] = Object.values(databaseUrls);
  if (url === undefined) throw new Error('There is no database to back up.');
  return Number(new URL(url).port);
}

async function copy(
  to: CopyTo,
  folder: string,
  files: AsyncIterable<CopiedFile> | Iterable<CopiedFile>,
): Promise<void> {
  for await (const file of files) await to.write(`${folder}/${file.path}`, file.read());
}

/**
 * How far consumers have come; then PostgreSQL, where their effects are; then what Kafka has, to which outboxes have been emptied; the ledger last, which so is
 * never behind. What each knows of the ones taken later is there; what those have beyond comes again, by the same ids.
 * Services wait meanwhile with what they would tell others, so that these know of nothing whose beginning is not in PostgreSQL.
 */
async function cutAll(options: BackupOptions, postgres: BaseBackup): Promise<Cuts> {
  const { dataDir, databaseUrls, eventStoreUrl } = options;
  const kafka = join(dataDir, folders.kafka);
  const books = await headsOfBooks(eventStoreUrl);
  const cuts: Cut[] = [];
  try {
    const pausedAt = performance.now();
    const pause = await pauseOutboxes(Object.values(databaseUrls));
    let takenAt: string;
    try {
      takenAt = new Date().toISOString();
      cuts.push(cutOffsets(kafka));
      await postgres.stop();
      cuts.push(cutLogs(kafka));
      cuts.push(cutEventStore(join(dataDir, folders.eventStore)));
    } finally {
      await pause.end();
    }
    const pausedMs = Math.round(performance.now() - pausedAt);
    const [offsets, logs, eventStore] = cuts as [Cut, Cut, Cut];
    return { kafka: [offsets, logs], eventStore, books, takenAt, pausedMs };
  } catch (error) {
    for (const cut of cuts) cut.close();
    throw error;
  }
}

function closeAll(cuts: Cuts | undefined): void {
  for (const cut of [...(cuts?.kafka ?? []), cuts?.eventStore]) cut?.close();
}

async function namesOfKeys(dataDir: string): Promise<string[]> {
  const folder = join(dataDir, 'keys');
  // The engines alone have none.
  return existsSync(folder) ? (await readdir(folder)).filter((name) => !name.endsWith('.new')).sort() : [];
}

async function ownVersion(): Promise<string> {
  return (JSON.parse(await readFile(rootPackage, 'utf8')) as { version: string }).version;
}
