import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKWARDS, END, EventStoreDBClient, START, type Position } from '@eventstore/db-client';
import { startEventStore } from '../event-store.server.js';
import { eventsOf } from './events.fixture.spec.js';

/**
 * The server that the specs of this folder are held against: the one that FLORIN_TEST_ESDB names by its connection string, else the
 * embedded one. They know nothing else of it: it may hold other streams, and others may append meanwhile.
 */
export interface TestServer {
  readonly client: EventStoreDBClient;
  close(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const given = process.env['FLORIN_TEST_ESDB'];
  if (given) {
    const client = EventStoreDBClient.connectionString(given);
    return { client, close: () => client.dispose() };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
  const server = await startEventStore({ dataDir });
  const client = EventStoreDBClient.connectionString(server.url);
  return {
    client,
    async close() {
      await client.dispose();
      await server.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** A name that no other stream has. */
export function unique(name: string): string {
  return `${name}-${randomUUID()}`;
}

/** The position of the log's last event: what is appended from now on comes after it. */
export async function lastPosition(client: EventStoreDBClient): Promise<Position | typeof START> {
  const [last] = await eventsOf(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
  return last?.position ?? START;
}
