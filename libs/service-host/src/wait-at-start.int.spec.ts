import { baseConfig, databaseConfig, loadConfig } from '@florin/configuration';
import { freePort, startPostgres } from '@florin/embedded';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from './database.js';
import { openDatabase } from './open-database.js';
import { startService } from './start.js';

const config = baseConfig.extend(databaseConfig());

function environment(port: number, databaseUrl: string) {
  return loadConfig(config, {
    ...{ PORT: String(port), LOG_LEVEL: 'silent', ISSUER: 'http://i.test', JWKS_URL: 'http://i.test/keys' },
    DATABASE_URL: databaseUrl,
  });
}

class Shelf {}

/** Another engine, which the service does not wait for. */
let store = (): Promise<void> => Promise.reject(new Error('away'));

const start = (port: number, databaseUrl: string) =>
  startService(
    {
      name: 'shelf',
      config,
      module: async (context) => {
        context.health.add('store', () => store());
        await openDatabase(context, createDataSource(context.config, { name: 'shelf', migrations: [] }));
        return { module: Shelf };
      },
    },
    environment(port, databaseUrl),
  );

async function health(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}/health/${path}`).catch(() => undefined);
  return response && { status: response.status, body: await response.json() };
}

it('a service that is started before its database lives, says what is missing, and becomes ready', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-waiting-'));
  let postgres = await startPostgres({ dataDir: folder, databases: ['shelf'] });
  const url = postgres.url('shelf');
  await postgres.close();

  const port = await freePort();
  const starting = start(port, url);
  while ((await health(port, 'live')) === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await health(port, 'live')).toEqual({ status: 200, body: { status: 'ok', service: 'shelf' } });
  expect(await health(port, 'ready')).toEqual({
    status: 503,
    body: {
      status: 'unavailable',
      service: 'shelf',
      checks: { postgres: 'failed (ECONNREFUSED)', store: 'failed' },
    },
  });

  store = () => Promise.resolve();
  postgres = await startPostgres({ dataDir: folder, port: postgres.port, databases: ['shelf'] });
  const service = await starting;
  expect(await health(port, 'ready')).toEqual({
    status: 200,
    body: { status: 'ok', service: 'shelf', checks: { postgres: 'ok', store: 'ok' } },
  });
  await service.stop();

  const wrong = url.replace(/:[^:@]*@/, ':wrong@');
  await expect(start(port, wrong)).rejects.toMatchObject({ code: '28P01' });
  await postgres.close();
  await rm(folder, { recursive: true });
}, 90_000);
