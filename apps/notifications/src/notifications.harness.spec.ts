import { loadConfig } from '@florin/configuration';
import { createKafka, createPublisher, kafkaSettings, type EventPublisher } from '@florin/messaging';
import { migrateDatabase, startService, type RunningService } from '@florin/service-host';
import {
  ApiClient,
  startTestEngines,
  startTokenAuthority,
  type Answer,
  type NotificationDto,
  type ProblemDto,
  type TokenAuthority,
} from '@florin/testing';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Agent, request } from 'undici';
import { notificationsConfig, type NotificationsConfig } from './config.js';
import { notificationsDatabase } from './database.js';
import { notificationsConsumers, notificationsModule } from './notifications.module.js';

/** The last part of a problem's type. */
export const problemType = (answer: Answer): string | undefined =>
  (answer.body as ProblemDto).type?.split('/').at(-1);

/** Repeats `check` until it no longer throws; throws what it threw last after ten seconds. */
export async function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  for (const until = Date.now() + 10_000; ; await sleep(20)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** In place of identity: hands out tokens and names, and counts how often names were asked for. */
class Names {
  readonly known = new Map<string, string>();
  requests = 0;
  down = false;
  readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/internal/token') return response.end('{"access_token":"a.b.c","expires_in":600}');
      this.requests += 1;
      if (this.down) return response.writeHead(503).end('{}');
      const { ids } = JSON.parse(body) as { ids: string[] };
      const people = ids
        .filter((id) => this.known.has(id))
        .map((personId) => ({ personId, displayName: this.known.get(personId), locale: 'it' }));
      response.end(JSON.stringify({ people }));
    });
  });
}

/** What notifications reads from its environment, complete. */
export function notificationsEnvironment(): Record<string, string> {
  return {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    ISSUER: 'https://identity.test',
    JWKS_URL: 'http://127.0.0.1:1/jwks',
    DATABASE_URL: 'postgres://127.0.0.1:1/notifications',
    KAFKA_BROKERS: '127.0.0.1:1',
    IDENTITY_URL: 'http://127.0.0.1:1',
    SERVICE_CLIENT_SECRET: 'secret',
    DEV_OUTBOX: 'true',
  };
}

/** Notifications as its callers and its topics meet it. */
export class NotificationsUnderTest {
  readonly #instances: RunningService<NotificationsConfig>[] = [];
  readonly #clients: ApiClient[] = [];

  private constructor(
    readonly authority: TokenAuthority,
    readonly names: Names,
    readonly database: DataSource,
    readonly publisher: EventPublisher,
    private readonly environment: Record<string, string>,
    private readonly stopOthers: () => Promise<void>,
  ) {}

  /** Engines and stand-ins; no instance of the service yet. Without Kafka nothing is consumed. */
  static async start(options: { kafka: boolean }): Promise<NotificationsUnderTest> {
    const engines = await startTestEngines({ databases: ['notifications'], kafka: options.kafka });
    const authority = await startTokenAuthority();
    const names = new Names();
    names.server.listen(0, '127.0.0.1');
    await once(names.server, 'listening');
    const environment = {
      ...notificationsEnvironment(),
      ...authority.environment,
      DATABASE_URL: engines.databaseUrl('notifications'),
      ...engines.kafka?.environment,
      IDENTITY_URL: `http://127.0.0.1:${(names.server.address() as AddressInfo).port}`,
    };
    const config = loadConfig(notificationsConfig, environment);
    const publisher = createPublisher(createKafka(kafkaSettings(config, 'test')));
    await migrateDatabase(notificationsDatabase(config));
    const database = await notificationsDatabase(config).initialize();
    return new NotificationsUnderTest(authority, names, database, publisher, environment, async () => {
      await publisher.disconnect();
      await database.destroy();
      names.server.closeAllConnections();
      names.server.close();
      await authority.close();
      await engines.close();
    });
  }

  /** One more instance of the service. */
  async instance(environment: Record<string, string> = {}): Promise<ApiClient> {
    const config = loadConfig(notificationsConfig, { ...this.environment, ...environment });
    const service = await startService(
      {
        name: 'notifications',
        config: notificationsConfig,
        module: notificationsModule,
        microservices: (_app, context) => notificationsConsumers(context),
      },
      config,
    );
    const client = new ApiClient(service.url);
    this.#instances.push(service);
    this.#clients.push(client);
    return client;
  }

  get service(): RunningService<NotificationsConfig> {
    const [first] = this.#instances;
    if (first === undefined) throw new Error('no instance was started');
    return first;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const instance of this.#instances) await instance.stop();
    await this.stopOthers();
  }
}

/** Somebody who follows their feed as Server-Sent Events. */
export class Follower {
  readonly events: { id: string; data: NotificationDto }[] = [];
  /** Resolves when the stream ends, whoever ends it. */
  readonly ended: Promise<void>;
  #left = false;

  private constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly agent: Agent,
  ) {
    this.ended = this.#read(body);
  }

  static async open(baseUrl: string, token: string, lastEventId?: string): Promise<Follower> {
    // Its own connection, so that leaving is what the service sees of somebody who goes away.
    const agent = new Agent({ bodyTimeout: 0 });
    const { statusCode, body } = await request(`${baseUrl}/v1/notifications/stream`, {
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    });
    if (statusCode === 200) return new Follower(body as AsyncIterable<Uint8Array>, agent);
    await agent.destroy();
    throw new Error(`answered ${statusCode}`);
  }

  get texts(): string[] {
    return this.events.map(({ data }) => data.text);
  }

  async close(): Promise<void> {
    this.#left = true;
    await this.agent.destroy();
    await this.ended;
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const part of body) {
        text += decoder.decode(part, { stream: true });
        const messages = text.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) this.#take(message);
      }
    } catch (error) {
      if (!this.#left) throw error;
    }
  }

  #take(message: string): void {
    const fields = new Map(message.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
    const data = fields.get('data');
    // Without data it is a heartbeat or the delay of reconnecting.
    if (data !== undefined)
      this.events.push({ id: fields.get('id') ?? '', data: JSON.parse(data) as NotificationDto });
  }
}
