import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { ServerLimits } from '../limits.js';
import { ConnectionKeeper, everySoOften } from './connections.js';
import { ReceiveBudget } from './frames.js';
import { GrpcCall } from './grpc.call.js';
import { StatusCode, StatusError } from './status.js';

/** Answers one call; what it throws is the call's status, else the status is OK. */
export type Handler = (call: GrpcCall) => Promise<void>;

/** Who calls what. */
export interface Caller {
  /** `/package.Service/Method` */
  readonly path: string;
  /** The header of that name. */
  readonly authorization: string | undefined;
  /** The name in the connection's client certificate, if it has one that the server's authority issued. */
  readonly certified: string | undefined;
}

/** PEM texts. */
export interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** Whose client certificates are believed; none by default. */
  readonly ca?: string | Buffer;
}

export interface GrpcServerOptions {
  readonly host: string;
  readonly port: number;
  /** HTTP/2 without TLS by default. */
  readonly tls?: TlsOptions | undefined;
  /** By path: `/package.Service/Method`. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Throws the status of a call that is not allowed. */
  readonly admit: (caller: Caller) => void;
  /** The sentence for a path without a handler. */
  readonly refusal: (path: string) => string;
  /** Is told of failures of the server's own making. */
  readonly onFailure: (error: Error) => void;
  readonly limits: ServerLimits;
}

export interface GrpcServer {
  readonly port: number;
  /** Ends the calls under way with UNAVAILABLE, closes the connections and stops listening. */
  close(): Promise<void>;
}

/** Starts a gRPC server. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { limits } = options;
  const server = createHttp2Server(options);
  server.maxConnections = limits.connections;
  const connections = new ConnectionKeeper(limits);
  const calls = new Set<GrpcCall>();
  const budget = new ReceiveBudget(limits.unfinishedBytes);
  server.on('connection', (socket: Socket) => connections.watch(socket));
  server.on('session', (session) => connections.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    if (stream.destroyed || !isGrpc(stream, headers[':method'], headers['content-type'])) return;
    const call = new GrpcCall(stream, budget, limits);
    const isOneTooMany = calls.size >= limits.calls;
    calls.add(call);
    call.onClose(() => calls.delete(call));
    if (isOneTooMany) return void call.finish(tooManyCalls(limits));
    const certified = connections.certifiedName(stream.session);
    const caller = { path: String(headers[':path']), authorization: headers.authorization, certified };
    void answer(call, caller, options);
  });
  await listen(server, options);
  const sweep = everySoOften(() => {
    for (const call of calls) call.endIfOverdue();
  }, limits.arrivalMs / 2);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(sweep);
      await close(server, calls, connections);
    },
  };
}

function createHttp2Server({ tls, limits }: GrpcServerOptions): Http2Server {
  const http2Options = {
    // A subscriber that reads slowly, and many calls on one connection, are normal here.
    maxSessionMemory: limits.sessionMemoryMb,
    // So are clients that cancel reads and subscriptions all the time: a cancelled call is a reset stream.
    streamResetBurst: limits.resetsAtOnce,
    streamResetRate: limits.resetsPerSecond,
    settings: {
      maxConcurrentStreams: limits.callsPerConnection,
      initialWindowSize: limits.callWindowBytes,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
    },
  };
  if (tls === undefined) return createServer(http2Options);
  return createSecureServer({
    ...http2Options,
    ...tls,
    requestCert: tls.ca !== undefined,
    // A client without a certificate may have a password.
    rejectUnauthorized: false,
    handshakeTimeout: limits.greetingMs,
  });
}

function isGrpc(stream: ServerHttp2Stream, method?: string, contentType?: string): boolean {
  if (method === 'POST' && contentType?.startsWith('application/grpc')) return true;
  stream.respond({ ':status': 415 }, { endStream: true });
  return false;
}

function tooManyCalls({ calls }: ServerLimits): StatusError {
  const message = `The event store already has ${calls} calls under way; try again.`;
  return new StatusError(StatusCode.resourceExhausted, message);
}

async function answer(call: GrpcCall, caller: Caller, options: GrpcServerOptions): Promise<void> {
  const { path } = caller;
  try {
    options.admit(caller);
    const handler = options.handlers[path];
    if (handler === undefined) throw new StatusError(StatusCode.unimplemented, options.refusal(path));
    await handler(call);
    call.finish();
  } catch (error) {
    const told = call.finish(error);
    if (told?.code === StatusCode.internal && error instanceof Error) options.onFailure(error);
  }
}

function listen(server: Http2Server, { host, port }: GrpcServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(
  server: Http2Server,
  calls: Set<GrpcCall>,
  connections: ConnectionKeeper,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const call of [...calls]) {
    call.finish(new StatusError(StatusCode.unavailable, 'The event store is stopping.'));
  }
  await Promise.all([closed, connections.close()]);
}
