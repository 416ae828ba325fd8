import type { BaseConfig } from '@florin/configuration';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { OpenResponses } from './http/request-hooks.js';
import type { ServiceContext } from './service.js';

export interface Closer {
  name: string;
  close: () => Promise<void>;
}

interface Stopping<C> {
  app: NestFastifyApplication;
  context: ServiceContext<C>;
  openResponses: OpenResponses;
  silentSockets: SilentSockets;
  closers: readonly Closer[];
  abort: () => void;
}

/** From the signal to the end of the last connection, in milliseconds. */
export const shutdownLimitMs = 10_000;

/**
 * Ends a service in order: not ready, streams ended, requests under way answered, consumers stopped, connections
 * closed. Rejects where that takes longer than 10 s; what is still open is then cut off.
 */
export async function stopService<C extends BaseConfig>(
  stopping: Stopping<C>,
  limitMs = shutdownLimitMs,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      server(stopping.app).closeAllConnections();
      reject(new Error(`not stopped after ${limitMs} ms`));
    }, limitMs);
  });
  try {
    await Promise.race([inOrder(stopping), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Connections that have not sent a request yet: browsers open some in advance, and Node does not count them as idle. */
export type SilentSockets = ReadonlySet<Socket>;

/** Keeps track of a server's silent connections. To be called before it listens. */
export function trackSilentSockets(server: Server): SilentSockets {
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return silent;
}

async function inOrder<C extends BaseConfig>({
  app,
  context,
  openResponses,
  silentSockets,
  closers,
  abort,
}: Stopping<C>): Promise<void> {
  const { logger } = context;
  context.health.stop();
  logger.info('stopping');
  await delay(context.config.SHUTDOWN_DELAY_MS);
  abort();
  endStreams(openResponses);
  // A connection that was busy when the server stopped listening turns idle after its answer: close it then.
  const sweep = setInterval(() => {
    endStreams(openResponses);
    server(app).closeIdleConnections();
    for (const socket of silentSockets) socket.destroy();
  }, 50);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
  for (const { name, close } of closers.toReversed()) {
    await close().catch((error: unknown) => logger.error({ err: error, what: name }, 'not closed'));
  }
  logger.info('stopped');
}

/** Server-sent events go on for ever: end them, so that the clients come back to another instance. */
function endStreams(openResponses: OpenResponses): void {
  for (const response of openResponses) {
    const type = response.getHeader('content-type');
    if (typeof type === 'string' && type.startsWith('text/event-stream') && !response.writableEnded)
      response.end();
  }
}

function server(app: NestFastifyApplication): Server {
  return app.getHttpServer();
}
