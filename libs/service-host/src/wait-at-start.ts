import { createServer, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthReport } from './health.js';
import type { ServiceContext } from './service.js';

type Context = Pick<ServiceContext, 'name' | 'config' | 'logger' | 'health'>;

const retryMs = 1_000;
/** PostgreSQL's: who signs in has no right to (28), there is no such database (3D). No waiting helps. */
const final = /^(28|3D)...$/;

/**
 * Tries until `engine` is there: a service may be started before what it needs. Meanwhile its port answers that it
 * lives and is not ready, and why (`engine`, and all that the service has a check for already), so that nobody starts
 * it again and again. Throws what no waiting helps against.
 */
export async function waitAtStart<Result>(
  context: Context,
  engine: string,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const checks: Record<string, string> = {};
  let answering: Server | undefined;
  try {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (typeof code === 'string' && final.test(code)) throw error;
        context.logger.warn({ err: error, engine }, 'waiting for an engine, to start');
        checks[engine] = typeof code === 'string' ? `failed (${code})` : 'failed';
      }
      answering ??= await answer(context, checks);
      await sleep(retryMs);
    }
  } finally {
    await close(answering);
  }
}

/** A port that the system chooses is known to nobody yet. */
async function answer(
  { name, config, health }: Context,
  checks: HealthReport['checks'],
): Promise<Server | undefined> {
  if (config.PORT === 0) return undefined;
  const notReady = async (): Promise<HealthReport> => {
    const others = await health.report();
    return { ...others, status: 'unavailable', checks: { ...checks, ...others.checks } };
  };
  const respond = async (isLive: boolean, response: ServerResponse): Promise<void> => {
    const report = isLive ? { status: 'ok', service: name } : await notReady();
    response.writeHead(isLive ? 200 : 503, {
      'content-type': 'application/json',
      connection: 'close',
      ...(!isLive && { 'retry-after': '1' }),
    });
    response.end(JSON.stringify(report));
  };
  const server = createServer((request, response) => void respond(request.url === '/health/live', response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(config.PORT, config.HOST, resolve);
  });
  return server;
}

function close(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server === undefined) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
