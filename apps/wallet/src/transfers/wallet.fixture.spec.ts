import { loadConfig } from '@florin/configuration';
import { freePort, startEventStore } from '@florin/embedded';
import { generateKey } from '@florin/proofs';
import { createLogger, migrateDatabase, startService, type RunningService } from '@florin/service-host';
import { startTestEngines, startTokenAuthority } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { walletConfig } from '../config.js';
import { walletDatabase } from '../database.js';
import { walletConsumers, walletModule } from '../wallet.module.js';

/** Instances of the wallet on engines of their own, and a platform that calls them; holds no test itself. */
export async function startWallets() {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-platform-'));
  const engines = await startTestEngines({ databases: ['wallet'], kafka: true });
  const eventStore = await startEventStore({ dataDir });
  const authority = await startTokenAuthority();
  const token = await authority.serviceToken('platform', ['ledger:write']);
  const running: RunningService[] = [];

  const start = async (environment: Record<string, string> = {}): Promise<RunningService> => {
    const config = loadConfig(walletConfig, {
      ...authority.environment,
      ...{ NODE_ENV: 'test', HOST: '127.0.0.1', PORT: String(await freePort()), SHUTDOWN_DELAY_MS: '0' },
      DATABASE_URL: engines.databaseUrl('wallet'),
      ...engines.kafka?.environment,
      EVENTSTORE_URL: eventStore.url,
      ...{ LEDGER_SIGNING_KEY: signingKey, LIABILITIES_SECRET: 'never'.repeat(9) },
      ...{ MARKETS: 'it', TEST_MONEY: 'true', ...environment },
    });
    if (running.length === 0) await migrateDatabase(walletDatabase(config));
    const service = await startService(
      { name: 'wallet', config: walletConfig, module: walletModule, microservices: walletConsumers },
      config,
      createLogger('wallet', 'silent'),
    );
    running.push(service);
    return service;
  };

  return {
    start,
    authority,
    /** Calls a route of the platform's API; `token: null` sends none. */
    call: async (
      service: Pick<RunningService, 'url'>,
      path: string,
      body?: object,
      options: { token?: string | null; headers?: Record<string, string> } = {},
    ): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> => {
      const bearer = options.token === undefined ? token : options.token;
      const response = await fetch(`${service.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
          ...options.headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: JSON.parse(text) as Record<string, unknown>,
        headers: response.headers,
      };
    },
    close: async (): Promise<void> => {
      for (const service of running.reverse()) await service.stop();
      await authority.close();
      await eventStore.close();
      await engines.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const signingKey = generateKey('florin.example/ledger').reveal();

/** A transfer of the book `it-eur`. */
export function transfer(from: string, to: string, amount: number, more: object = {}) {
  return { id: uuidv7(), from, to, amount, currency: 'EUR', reference: 'order-1', ...more };
}
