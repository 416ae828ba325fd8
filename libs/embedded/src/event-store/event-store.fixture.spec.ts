import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
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

/** JSON events numbered from `first`, of one type. */
export function numbered(count: number, { type = 'Counted', first = 0 } = {}) {
  return Array.from({ length: count }, (_, index) => jsonEvent({ type, data: { number: first + index } }));
}

/** What a read gives. */
export async function eventsOf<T>(read: AsyncIterable<{ event?: T }>): Promise<T[]> {
  const events: T[] = [];
  for await (const { event } of read) if (event !== undefined) events.push(event);
  return events;
}

/** The numbers of events made by `numbered`. */
export async function numbersOf(read: AsyncIterable<{ event?: { data?: unknown } }>): Promise<number[]> {
  return (await eventsOf(read)).map(({ data }) => (data as { number: number }).number);
}

/** The error that an attempt ends with. */
export async function refusalOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => error,
  );
}

/** Collects `count` things that happen, then goes on. */
export function expecting<T>(count: number): { readonly all: Promise<T[]>; got(value: T): void } {
  const { promise, resolve } = Promise.withResolvers<T[]>();
  const values: T[] = [];
  return {
    all: promise,
    got(value) {
      values.push(value);
      if (values.length === count) resolve(values);
    },
  };
}
