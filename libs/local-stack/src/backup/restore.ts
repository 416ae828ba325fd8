import { postgresMajor } from '@florin/embedded';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { machine } from './back-up.js';
import { contentOfFile, type CopyProgress, CopyTo, isEmptyOrMissing } from './files.js';
import { contentOf, type Manifest, readManifest } from './manifest.js';
import { syncFolders, syncPath } from './sync-path.js';

export interface RestoreOptions {
  /** The folder of a backup; it is only read. */
  readonly from: string;
  /** Missing or empty. */
  readonly dataDir: string;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Keys that the stack had and the restored one has not. */
  readonly missingKeys: readonly string[];
}

/** What is not complete has this name, which no start looks at. */
const unfinished = '.restoring';

/**
 * Makes a data folder of a backup. Everything is held against the manifest while it is copied, and takes its place when all of it is right.
 * Throws, with a sentence and with nothing left in the folder, where the backup is damaged, incomplete or of another kind, or the folder is not empty.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { from, dataDir, onProgress = () => undefined, signal } = options;
  const manifest = await readManifest(from);
  requireFitting(manifest);
  await requireSameFiles(manifest, contentOf(from));
  if (!(await isEmptyOrMissing(dataDir)))
    throw new Error(`${dataDir} is not empty: a backup is restored into a folder of its own.`);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = join(dataDir, unfinished);
  try {
    const to = new CopyTo(draft, onProgress, signal);
    for (const path of manifest.folders) await to.makeFolder(path);
    for (const file of manifest.files) {
      const { bytes, sha256 } = await to.write(file.path, contentOfFile(join(contentOf(from), file.path)));
      if (bytes !== file.bytes || sha256 !== file.sha256)
        throw new Error(`${file.path} is not as it was written: the backup is damaged.`);
    }
    await to.sync();
    await syncFolders(draft, manifest);
    await takePlace(draft, dataDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  const { included, names } = manifest.keys;
  return { manifest, missingKeys: included ? [] : names };
}

function requireFitting({ machine: its, postgresMajor: major }: Manifest): void {
  if (its !== machine())
    throw new Error(`The backup is of a machine of the kind ${its}, and this one is ${machine()}.`);
  if (major !== postgresMajor())
    throw new Error(
      `The backup is of PostgreSQL ${major}, and PostgreSQL ${postgresMajor()} cannot open it.`,
    );
}

/** What is missing is said before anything is copied; what nobody wrote is no part of a backup. */
async function requireSameFiles({ files }: Manifest, content: string): Promise<void> {
  const named = new Set(files.map(({ path }) => path));
  if (named.size < files.length) throw new Error('The manifest names a file twice: the backup is damaged.');
  const there = new Set<string>();
  for (const entry of existsSync(content)
    ? await readdir(content, { recursive: true, withFileTypes: true })
    : []) {
    if (entry.isDirectory()) continue;
    const path = relative(content, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (!named.has(path) || !entry.isFile())
      throw new Error(`${path} is not in the manifest: the backup was changed.`);
    there.add(path);
  }
  const missing = files.find(({ path }) => !there.has(path));
  if (missing !== undefined) throw new Error(`${missing.path} is missing: the backup is damaged.`);
}

/** The engines last: a start finds all of the data, or none. */
async function takePlace(draft: string, dataDir: string): Promise<void> {
  const names = await readdir(draft);
  for (const name of names.sort((a, b) => Number(a === 'engines') - Number(b === 'engines'))) {
    await rename(join(draft, name), join(dataDir, name));
  }
  await rmdir(draft);
  await syncPath(dataDir);
}
