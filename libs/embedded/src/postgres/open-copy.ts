import { chmod, cp, lstat, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { binariesIn, type PostgresBinaries } from './binaries.js';

const OTHERS_WRITE = 0o022;
const OTHERS_ENTER = 0o001;
const STICKY = 0o1000;

/** Systems clear these of what is old: a copy that lost a file is made anew. */
const parents = () => [...new Set([tmpdir(), '/tmp', '/var/tmp'])];

/**
 * The programs at a place that every user may enter, for root, whose node_modules may lie where nobody else may: a copy of 60 MB in
 * the system's folder for temporary files, one per version, kept for the next start. It belongs to root and only root may
 * write in it, which is looked at before it is used: others could otherwise put programs of theirs in its place.
 */
export async function openCopy(
  binaries: PostgresBinaries,
  candidates = parents(),
): Promise<PostgresBinaries> {
  const folder = join(await firstOpen(candidates), `florin-postgresql-${binaries.version}`);
  if (!(await isThere(folder))) await copy(binaries.folder, folder);
  await requireRootsAlone(folder);
  if (!(await isComplete(folder, binaries.folder))) {
    await rm(folder, { recursive: true });
    await copy(binaries.folder, folder);
  }
  return binariesIn(folder, binaries.version);
}

async function firstOpen(candidates: readonly string[]): Promise<string> {
  for (const parent of candidates) if (await isOpenAndSafe(parent)) return parent;
  throw new Error(`no folder for a copy of the programs that all may enter: ${candidates.join(', ')}`);
}

/** All may enter, and nobody but root can replace in it what is root's. */
async function isOpenAndSafe(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || !isTrusted(found.uid) || (found.mode & OTHERS_ENTER) === 0) return false;
  if ((found.mode & OTHERS_WRITE) !== 0 && (found.mode & STICKY) === 0) return false;
  return dirname(folder) === folder || isOpenAndSafe(dirname(folder));
}

/** Made under another name first, where nobody else may enter: what has its own name is whole. */
async function copy(from: string, to: string): Promise<void> {
  const draft = await mkdtemp(`${to}-`);
  try {
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await openToReaders(draft);
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another start may have made it in the meantime.
    if (!(await isThere(to))) throw error;
  }
}

/** Whatever the umask was when the package was installed. */
async function openToReaders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToReaders(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  await chmod(folder, 0o755);
}

/** Root, or who runs this, which is root wherever a copy is wanted. */
function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

async function requireRootsAlone(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isDirectory() && isTrusted(found.uid) && (found.mode & OTHERS_WRITE) === 0) return;
  throw new Error(`${folder} is not a folder in which root alone may write: look who made it, and remove it`);
}

/** Whether each file is there in its size. */
async function isComplete(copied: string, original: string): Promise<boolean> {
  for (const entry of await readdir(original, { withFileTypes: true })) {
    const [there, wanted] = [join(copied, entry.name), join(original, entry.name)];
    if (!(await isThere(there))) return false;
    if (entry.isDirectory() && !(await isComplete(there, wanted))) return false;
    if (entry.isFile() && (await lstat(there)).size !== (await lstat(wanted)).size) return false;
  }
  return true;
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
