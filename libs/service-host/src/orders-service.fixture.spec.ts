import { baseConfig, integerText, loadConfig } from '@florin/configuration';
import { Controller, Get, HttpCode, Module, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import {
  ApiProblems,
  ApiReturns,
  ApiSummary,
  ApiTag,
  createLogger,
  CurrentUser,
  defineProblems,
  IdempotencyKey,
  Internal,
  PreferWait,
  ProblemError,
  Public,
  startService,
  UpstreamProblem,
  ZodBody,
  ZodHeaders,
  ZodParams,
  ZodQuery,
  type Principal,
} from './index.js';
import { currentTrace } from './tracing.js';

const problems = defineProblems({ 'too-late': { title: 'Too late', status: 409 } });
const money = z
  .strictObject({
    value: z.int('must be a whole number of cents').positive('must be greater than zero'),
    currency: z.string(),
  })
  .meta({ id: 'Money' });
const order = z.object({ amount: money, note: z.string().optional() });
const page = z.object({ limit: integerText(1, 100).default(20), after: z.uuid().optional() });
const id = z.object({ id: z.uuid() });
const since = z.object({ 'Last-Event-ID': integerText(0, 99).optional() });

@ApiTag('orders', 'What was ordered')
@ApiProblems(problems['too-late'])
@Controller('/v1/orders')
class OrderController {
  @Post()
  @HttpCode(201)
  @ApiSummary('Place an order')
  @ApiReturns(201, order, 'The order as placed', { headers: { Location: 'Where it is' } })
  place(@ZodBody(order) body: z.output<typeof order>, @CurrentUser() person: Principal): object {
    return { ...body, person };
  }

  @Post('/repeatable')
  @ApiReturns(201, z.object({}), 'What the headers said')
  repeatable(
    @PreferWait({ max: 30, otherwise: 5 }) seconds: number,
    @IdempotencyKey() key: string,
    @ZodHeaders(since) headers: z.output<typeof since>,
    @ZodBody(order) _body: unknown,
  ): object {
    return { seconds, key, ...headers };
  }

  @Get()
  @ApiReturns(200, z.array(order), 'Orders')
  list(@ZodQuery(page) query: z.output<typeof page>): object {
    return query;
  }

  @Get('/:id')
  @ApiReturns(200, order, 'The order')
  one(@ZodParams(id) params: z.output<typeof id>): never {
    throw new ProblemError(problems['too-late'], `Order ${params.id} is closed.`, { since: 'yesterday' });
  }
}

const failures: Record<string, Error> = {
  outage: Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }),
  transient: new Error('secret', { cause: Object.assign(new Error('secret'), { transient: true }) }),
  upstream: new UpstreamProblem(422, undefined, 'secret', undefined),
};

@Controller('/v1/misc')
class MiscController {
  @Public()
  @Get('/trace')
  trace(): object {
    return { ...currentTrace() };
  }

  @Public()
  @Get('/fail/:how')
  fail(@Param('how') how: string): never {
    throw failures[how] ?? new Error(`secret in ${how}`);
  }

  @Public()
  @Get('/half')
  half(@Res() reply: FastifyReply): void {
    reply.raw.writeHead(200, { 'content-type': 'text/plain' });
    reply.raw.write('half');
    throw new Error('broke in the middle');
  }
}

@Internal('orders:read')
@Controller('/internal/orders')
class InternalController {
  @Get()
  list(): object {
    return { items: [] };
  }
}

@Module({ controllers: [OrderController, MiscController, InternalController] })
class OrdersModule {}

const issuer = 'https://identity.test';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

/** A small service of orders with an issuer of tokens beside it, for the specs of this library. */
export class OrdersService {
  static async start(settings: Record<string, string> = {}): Promise<OrdersService> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'EdDSA' }] });
    const identity = createServer((_request, response) => response.end(jwks)).listen(0, '127.0.0.1');
    await new Promise((resolve) => identity.once('listening', resolve));
    const { port } = identity.address() as AddressInfo;
    const env = { PORT: '0', ISSUER: issuer, JWKS_URL: `http://127.0.0.1:${port}/jwks.json`, ...settings };
    const log: string[] = [];
    const database = { check: () => Promise.resolve() };
    const running = await startService(
      {
        name: 'orders',
        about: 'Takes orders.',
        config: baseConfig,
        module: ({ health }) => {
          health.add('postgres', () => database.check());
          return OrdersModule;
        },
      },
      loadConfig(baseConfig, env),
      createLogger('orders', 'debug', { write: (line: string) => void log.push(line) }),
    );
    const stop = async (): Promise<void> => {
      await running.stop();
      identity.close();
    };
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
    return new OrdersService(running, log, database, token, stop);
  }

  private constructor(
    readonly running: Awaited<ReturnType<typeof startService>>,
    readonly log: string[],
    readonly database: { check: () => Promise<void> },
    readonly token: (claims?: JWTPayload) => Promise<string>,
    readonly stop: () => Promise<void>,
  ) {}

  async call(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.running.url + path, init);
    const text = await response.text();
    const isJson = /^[{[]/.test(text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  async place(body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}): Promise<Answer> {
    const authorization = `Bearer ${await this.token()}`;
    const json = { authorization, 'content-type': 'application/json' };
    return this.call('/v1/orders', { method: 'POST', body, headers: { ...json, ...headers } });
  }
}

/** Last part of a problem's type. */
export function typeOf(body: Record<string, unknown>): string {
  return String(body['type']).split('/').at(-1)!;
}
