import { startPostgres } from '@florin/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Real engines for one test file, on free ports, with nothing in them. */
export interface TestEngines {
  databaseUrl(name: string): string;
  /** Stops them and removes their data. */
  close(): Promise<void>;
}

/** Starts PostgreSQL with these databases, empty, in a folder of its own. */
export async function startTestEngines(options: { databases: readonly string[] }): Promise<TestEngines> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-test-'));
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), databases: options.databases });
  return {
    databaseUrl: (name) => postgres.url(name),
    close: async () => {
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
