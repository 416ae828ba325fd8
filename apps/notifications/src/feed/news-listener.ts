import type { Logger } from '@florin/service-host';
import { Client, type ClientConfig } from 'pg';
import { newsChannel } from './feed.store.js';

/** Streams look for news at least this often, should a notification of PostgreSQL get lost with its connection. */
const pollMs = 2_000;

/**
 * Calls `wake` when an instance of this service has written news (LISTEN/NOTIFY over a connection of its own, opened
 * again when it breaks), and every 2 s in any case. Returns what ends it.
 */
export function listenForNews(settings: ClientConfig, wake: () => void, logger: Logger): () => Promise<void> {
  let client: Client | undefined;

  const connect = async (): Promise<void> => {
    const connection = new Client({ ...settings, application_name: 'notifications-listener' });
    client = connection;
    const lost = (error?: unknown): void => {
      if (client !== connection) return;
      client = undefined;
      logger.warn({ err: error }, 'listening for news broke off: polling until it is back');
      // A connection that broke has nothing to say about how it ends.
      connection.end().catch(() => undefined);
    };
    connection.on('error', lost);
    connection.on('end', () => lost());
    connection.on('notification', wake);
    try {
      await connection.connect();
      await connection.query(`LISTEN ${newsChannel}`);
    } catch (error) {
      lost(error);
    }
  };

  const tick = (): void => {
    if (client === undefined) void connect();
    wake();
  };
  tick();
  const timer = setInterval(tick, pollMs);
  return async () => {
    clearInterval(timer);
    const last = client;
    client = undefined;
    await last?.end();
  };
}
