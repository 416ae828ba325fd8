import {
  bodyLimit,
  commonProblems,
  contextOf,
  ProblemError,
  traceHeaders,
  type ServiceContext,
} from '@florin/service-host';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { GatewayConfig } from './config.js';
import { clientAddress, requestHeaders, responseHeaders } from './headers.js';
import { limit, RateLimiter } from './rate-limit.js';
import type { GatewayRoute, ServiceName } from './routes.js';
import type { Upstream } from './upstream.js';

type Upstreams = Readonly<Record<ServiceName, Upstream>>;

/** Puts the table's rows on the gateway's port: check the token, count the request, hand it on. */
export function proxyRoutes(
  fastify: FastifyInstance,
  table: readonly GatewayRoute[],
  upstreams: Upstreams,
  context: ServiceContext<GatewayConfig>,
): void {
  // Bodies go on as they came; what they say is the services' business, their size is ours.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  const { config } = context;
  const limits = {
    person: new RateLimiter('person', config.RATE_LIMIT_PER_PERSON_PER_MINUTE),
    address: new RateLimiter('address', config.RATE_LIMIT_PUBLIC_PER_MINUTE),
  };
  for (const route of table) {
    const handler = proxy(route, upstreams[route.service], limits, context);
    const methods = answered(route);
    const others = fastify.supportedMethods.filter((method) => !methods.includes(method));
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const url of route.below ? [path, `${path}/*`] : [path]) {
      fastify.route({ method: methods, url, handler, exposeHeadRoute: false });
      fastify.route({ method: others, url, handler: refuseMethod(methods), exposeHeadRoute: false });
    }
  }
}

/** What can be read can be asked for its head, but for a stream, which has no end. */
function answered({ methods, stream }: GatewayRoute): string[] {
  return methods.includes('GET') && !stream ? [...methods, 'HEAD'] : [...methods];
}

function refuseMethod(methods: readonly string[]): RouteHandlerMethod {
  const allow = methods.join(', ');
  return (request) => {
    const detail = `${request.method} is not possible here; ${allow} is.`;
    throw new ProblemError(commonProblems['method-not-allowed'], detail, {}, { allow });
  };
}

interface Limits {
  readonly person: RateLimiter;
  readonly address: RateLimiter;
}

function proxy(
  route: GatewayRoute,
  upstream: Upstream,
  limits: Limits,
  { auth, config, logger }: ServiceContext<GatewayConfig>,
): RouteHandlerMethod {
  const personOf = async (request: FastifyRequest, address: string): Promise<string> => {
    try {
      return (await auth.verifyPerson(request.headers.authorization)).personId;
    } catch (error) {
      // Whoever guesses tokens uses up what their address may ask.
      if (error instanceof ProblemError && error.problem.status === 401) limit(limits.address, address);
      throw error;
    }
  };
  return async (request, reply) => {
    const address = clientAddress(request.ip, request.headers['x-forwarded-for'], config.TRUSTED_PROXIES);
    const limitHeaders =
      route.access === 'public'
        ? limit(limits.address, address)
        : limit(limits.person, await personOf(request, address));
    reply.headers(limitHeaders);
    const left = closeSignal(reply);
    try {
      return await forward(route, upstream, request, reply, { address, left });
    } catch (error) {
      if (!left.aborted) throw error;
      // Nobody is there to be told, and to leave is no failure of anybody's.
      logger.debug({ err: error, service: route.service }, 'the client left before the answer');
      return reply.hijack();
    }
  };
}

async function forward(
  route: GatewayRoute,
  upstream: Upstream,
  request: FastifyRequest,
  reply: FastifyReply,
  client: { address: string; left: AbortSignal },
): Promise<FastifyReply> {
  const { body } = request;
  const outgoing = {
    method: request.method,
    path: safePath(request.url),
    headers: requestHeaders(request.headers, client.address, traceHeaders(contextOf(request))),
    body: Buffer.isBuffer(body) && body.length > 0 ? body : undefined,
  };
  const answer = route.stream
    ? await upstream.stream({ ...outgoing, signal: client.left })
    : await upstream.request(outgoing);
  return reply
    .code(answer.statusCode)
    .header('x-content-type-options', 'nosniff')
    .headers(responseHeaders(answer.headers))
    .send(answer.body);
}

/** The path as it came, unless it could mean another one to whoever reads it next. */
function safePath(url: string): string {
  const path = url.split('?', 1)[0]!;
  if (url.startsWith('/') && !/(^|\/)(\.|%2e){1,2}(\/|$)|%2f|%5c|%00|\\/i.test(path)) return url;
  throw new ProblemError(commonProblems['not-found'], 'There is nothing at this address.');
}

/** Aborted when the client's connection closes. */
function closeSignal(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  reply.raw.once('close', () => closed.abort());
  return closed.signal;
}
