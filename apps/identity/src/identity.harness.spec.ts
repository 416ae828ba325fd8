import { loadConfig } from '@florin/configuration';
import { migrateDatabase, startService, type RunningService } from '@florin/service-host';
import { ApiClient, startTestEngines, type Answer, type ProblemDto } from '@florin/testing';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DataSource } from 'typeorm';
import { identityConfig, type IdentityConfig } from './config.js';
import { identityDatabase } from './database.js';
import { identityModule } from './identity.module.js';

export interface ChallengeDto {
  challengeId: string;
  expiresAt: string;
}

export interface SessionDto {
  accessToken: string;
  tokenType: string;
  personId: string;
  expiresAt: string;
}

/** The last part of a problem's type. */
export const problemType = (answer: Answer): string | undefined =>
  (answer.body as ProblemDto).type?.split('/').at(-1);

interface SentCode {
  to: string;
  template: string;
  params: { code: string; minutes: number };
  locale: string;
}

/** In place of notifications: keeps what identity hands over, unless it is told to be down. */
class CodeCatcher {
  readonly sent: SentCode[] = [];
  readonly authorizations: string[] = [];
  down = false;
  readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (this.down) return response.writeHead(503).end('{}');
      this.sent.push(JSON.parse(body) as SentCode);
      this.authorizations.push(request.headers.authorization ?? '');
      response.writeHead(202).end(JSON.stringify({ messageId: randomUUID() }));
    });
  });

  /** The newest code sent to a number. */
  codeFor(phone: string): string {
    const message = this.sent.findLast(({ to }) => to === phone);
    if (message === undefined) throw new Error(`nothing was sent to ${phone}`);
    return message.params.code;
  }
}

/** Identity as people and services meet it. */
export class IdentityUnderTest {
  readonly api: ApiClient;
  #numbers = 0;

  constructor(
    readonly service: RunningService<IdentityConfig>,
    readonly database: DataSource,
    readonly codes: CodeCatcher,
    /** The service's clock: how far it is ahead. */
    readonly clock: { aheadMs: number },
    readonly stop: () => Promise<void>,
  ) {
    this.api = new ApiClient(service.url);
  }

  /** A number that nobody has used. */
  newPhone(): string {
    this.#numbers += 1;
    return `+39347${String(this.#numbers).padStart(7, '0')}`;
  }

  register(phone: string, name = 'Bruno Rossi', extra: object = {}): Promise<Answer<ChallengeDto>> {
    return this.api.call('POST', '/v1/registrations', {
      body: { phone, name, market: 'it', locale: 'it', ...extra },
    });
  }

  /** `from` is the address that the gateway vouches for. */
  challenge(phone: string, from?: string): Promise<Answer<ChallengeDto>> {
    const headers = from === undefined ? {} : { 'x-forwarded-for': from };
    return this.api.call('POST', '/v1/challenges', { headers, body: { phone } });
  }

  prove(challengeId: string, code: string): Promise<Answer<SessionDto>> {
    return this.api.call('POST', '/v1/sessions', { body: { challengeId, code } });
  }

  /** Somebody new, signed in. */
  async signUp(name?: string): Promise<SessionDto & { phone: string }> {
    const phone = this.newPhone();
    const { body } = await this.register(phone, name);
    const session = await this.prove(body.challengeId, this.codes.codeFor(phone));
    return { ...session.body, phone };
  }
}

const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** What identity reads from its environment, complete; for a service that listens on `port`. */
export function identityEnvironment(port: number): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    NODE_ENV: 'test',
    PORT: String(port),
    LOG_LEVEL: 'silent',
    ISSUER: 'https://identity.test',
    JWKS_URL: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    DATABASE_URL: 'postgres://127.0.0.1:1/identity',
    KAFKA_BROKERS: '127.0.0.1:1',
    MARKETS: 'it,br',
    NOTIFICATIONS_URL: 'http://127.0.0.1:1',
    SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    SERVICE_CLIENTS: JSON.stringify({
      notifications: { secretHash: secretHash('right secret'), scopes: ['people:read'] },
      catalog: { secretHash: secretHash('other secret'), scopes: [] },
    }),
    OTP_PEPPER: 'a pepper for these tests',
  };
}

/** Starts identity over an empty PostgreSQL. Kafka is away: what is to be published stays in the outbox. */
export async function startIdentity(): Promise<IdentityUnderTest> {
  const engines = await startTestEngines({ databases: ['identity'] });
  const codes = new CodeCatcher();
  const config = loadConfig(identityConfig, {
    // The service verifies with its own published keys, so it has to know its port before it listens.
    ...identityEnvironment(await freePort()),
    DATABASE_URL: engines.databaseUrl('identity'),
    NOTIFICATIONS_URL: `http://127.0.0.1:${await listen(codes.server)}`,
  });
  await migrateDatabase(identityDatabase(config));
  const clock = { aheadMs: 0 };
  const now = (): Date => new Date(Date.now() + clock.aheadMs);
  const module = (context: RunningService<IdentityConfig>['context']) => identityModule(context, now);
  const service = await startService({ name: 'identity', config: identityConfig, module }, config);
  const database = await identityDatabase(config).initialize();
  const identity = new IdentityUnderTest(service, database, codes, clock, async () => {
    await identity.api.close();
    await database.destroy();
    await service.stop();
    codes.server.close();
    await engines.close();
  });
  return identity;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}
