import { createHash } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncPath } from './sync-path.js';

/** Of what a backup is: raised when an older program could not restore it. */
export const backupFormat = 1;
const manifestName = 'manifest.json';
const maxManifestBytes = 256 * 1024 * 1024;

/** Below the folder and nowhere else, whoever wrote it. */
const path = z
  .string()
  .max(1000)
  .regex(/^(?!\/)(?!.*(^|\/)\.{0,2}(\/|$))[^\\\0]+$/, 'is not a path below the folder');
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.strictObject({
  format: z.literal(backupFormat),
  /** The instant that the backup is of (ISO 8601, UTC): what was answered before is in it. */
  takenAt: z.iso.datetime(),
  /** For how long nobody could begin anything, in ms. */
  pausedMs: z.int().nonnegative(),
  versions: z.strictObject({ florin: z.string(), node: z.string(), postgres: z.string() }),
  /** PostgreSQL's files open with its own major version on the same kind of machine alone. */
  postgresMajor: z.int(),
  machine: z.string(),
  /** Heads of the books: the copied log reaches them, and may go further. */
  books: z.array(z.strictObject({ ledger: z.string(), revision: z.int().nonnegative(), hash })),
  keys: z.strictObject({ included: z.boolean(), names: z.array(z.string()) }),
  folders: z.array(path),
  files: z.array(z.strictObject({ path, bytes: z.int().nonnegative(), sha256: hash })),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];

/** Where the files of a backup are; their paths are those below the data folder. */
export function contentOf(folder: string): string {
  return join(folder, 'data');
}

/** Makes a backup of what has been written: without this file it is none. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  // As a reader has it, down to the order of its fields.
  const checked = manifestSchema.parse(manifest);
  const text = `${JSON.stringify({ manifest: checked, sha256: hashOf(checked) }, undefined, 1)}\n`;
  const draft = join(folder, `${manifestName}.new`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, manifestName));
  // Until then, its name may be gone after a power cut.
  await syncPath(folder);
}

/** Throws, with a sentence, for what is no backup, one that was not finished, is of a newer format, or was changed. */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, manifestName);
  const wrapped = parsed(await contentsOf(file), file) as { manifest?: unknown; sha256?: unknown } | null;
  const { format } = (wrapped?.manifest ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > backupFormat) {
    throw new Error(
      `${folder} is a backup of format ${format}, and this program knows ${backupFormat}: use a newer one.`,
    );
  }
  const result = manifestSchema.safeParse(wrapped?.manifest);
  if (!result.success)
    throw new Error(`${file} is no manifest of a backup: ${z.prettifyError(result.error)}`);
  if (wrapped?.sha256 !== hashOf(result.data)) throw damaged(file);
  return result.data;
}

function hashOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

async function contentsOf(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > maxManifestBytes) throw new Error(`${file} is too long for a manifest.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const message = `There is no ${file}: this is no backup, or one that was broken off.`;
    throw new Error(message, { cause: error });
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: string, cause?: unknown): Error {
  return new Error(`${file} is not as it was written: the backup is damaged.`, { cause });
}
