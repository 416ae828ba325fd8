import { startPostgres } from '@florin/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestKafka, type TestKafka } from './kafka.js';

/** Engines for one test file, on free ports, with nothing in them. */
export interface TestEngines {
  databaseUrl(name: string): string;
  /** Our topics on a broker, where one was asked for. */
  readonly kafka: TestKafka | undefined;
  /** Stops them and removes their data. */
  close(): Promise<void>;
}

/** Starts PostgreSQL with these databases, empty, and a Kafka if wanted, with our topics, in a folder of their own. */
export async function startTestEngines(options: {
  databases: readonly string[];
  kafka?: boolean;
}): Promise<TestEngines> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-test-'));
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), databases: options.databases });
  const kafka = options.kafka ? await startTestKafka(join(dataDir, 'kafka')) : undefined;
  return {
    databaseUrl: (name) => postgres.url(name),
    kafka,
    close: async () => {
      await kafka?.close();
      await postgres.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
