import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { startEventStore, type EmbeddedEventStore } from './event-store.server.js';

/** A server over a folder of its own, and an official client of it. */
export interface Fixture {
  readonly dataDir: string;
  readonly notices: string[];
  readonly server: EmbeddedEventStore;
  readonly client: EventStoreDBClient;
  /** Stops the server and starts it again over the same folder, with a new client. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function startFixture(): Promise<Fixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-event-store-'));
  const notices: string[] = [];
  const start = async () => {
    const server = await startEventStore({ dataDir, onNotice: (notice) => notices.push(notice) });
    return { server, client: EventStoreDBClient.connectionString(server.url) };
  };
  let running = await start();
  const stop = async () => {
    await running.client.dispose();
    await running.server.close();
  };
  return {
    dataDir,
    notices,
    get server() {
      return running.server;
    },
    get client() {
      return running.client;
    },
    async restart() {
      await stop();
      running = await start();
    },
    stop,
    async remove() {
      await stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
