import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Resolves when a file, or the names in a folder, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Resolves when the names of a backup's files and folders, below a folder, are on the disk. */
export async function syncFolders(
  below: string,
  {
    folders,
    files,
  }: { readonly folders: readonly string[]; readonly files: ReadonlyArray<{ readonly path: string }> },
): Promise<void> {
  const all = new Set<string>(['.']);
  for (const path of [...folders, ...files.map(({ path }) => dirname(path))]) {
    for (let folder = path; folder !== '.'; folder = dirname(folder)) all.add(folder);
  }
  for (const folder of all) await syncPath(join(below, folder));
}
