import { loadConfig } from '@florin/configuration';
import { createLogger, startService, type RunningService } from '@florin/service-host';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gatewayConfig, type GatewayConfig } from './config.js';
import { gateway } from './gateway.js';

const issuer = 'https://identity.test';

/** What a service behind the gateway was asked. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A gateway before one server that plays all services, and an issuer of tokens. */
export class World {
  static async start(settings: Record<string, string> = {}): Promise<World> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'EdDSA' }] });
    const seen: Seen[] = [];
    const behind: { handle: Handler } = { handle: answer };
    const server = createServer((request, response) => {
      if (request.url === '/keys') return void response.end(jwks);
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
        behind.handle(request, response);
      });
    });
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = loadConfig(gatewayConfig, {
      PORT: '0',
      METRICS_PORT: '0',
      ISSUER: issuer,
      JWKS_URL: `${url}/keys`,
      IDENTITY_URL: url,
      WALLET_URL: url,
      PAYMENTS_URL: url,
      CATALOG_URL: url,
      NOTIFICATIONS_URL: url,
      ...settings,
    });
    const log: string[] = [];
    const logger = createLogger('gateway', 'info', { write: (line: string) => void log.push(line) });
    const running = await startService(gateway, config, logger);
    const token = (claims: JWTPayload = {}): Promise<string> =>
      new SignJWT({
        iss: issuer,
        aud: 'florin',
        sub: '0190b5a0-0000-7000-8000-000000000001',
        exp: Math.floor(Date.now() / 1_000) + 60,
        ...claims,
      })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
        .sign(privateKey);
    return new World(running, server, seen, behind, log, token);
  }

  private constructor(
    readonly running: RunningService<GatewayConfig>,
    private readonly server: Server,
    readonly seen: Seen[],
    /** What the services do with a request. */
    readonly behind: { handle: Handler },
    readonly log: string[],
    readonly token: (claims?: JWTPayload) => Promise<string>,
  ) {}

  get url(): string {
    return this.running.url;
  }

  /** A request of Anna's, or of whose token is given. */
  async call(path: string, init: RequestInit & { token?: string | undefined } = {}) {
    const token = 'token' in init ? init.token : await this.token();
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(this.url + path, { ...init, headers });
    const text = await response.text();
    const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body,
      type: String(body['type']).split('/').at(-1),
    };
  }

  async stop(): Promise<void> {
    await this.running.stop();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** What the services do unless told otherwise. */
export function answer(_request: IncomingMessage, response: ServerResponse): void {
  response
    .writeHead(201, { 'content-type': 'application/json', location: '/v1/payments/1' })
    .end('{"answered":true}');
}
