import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { GrpcCall } from './grpc.call.js';
import { ReceiveBudget } from './frames.js';
import { StatusCode, StatusError } from './status.js';

/** Answers one call; what it throws is the call's status, else the status is OK. */
export type Handler = (call: GrpcCall) => Promise<void>;

export interface GrpcServerOptions {
  readonly host: string;
  readonly port: number;
  /** By path: `/package.Service/Method`. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The sentence for a path without a handler. */
  readonly refusal: (path: string) => string;
  /** Is told of failures of the server's own making. */
  readonly onFailure: (error: Error) => void;
}

export interface GrpcServer {
  readonly port: number;
  /** Ends the calls under way with UNAVAILABLE, closes the connections and stops listening. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 1_000;
const MAX_PARTIAL_MESSAGES_BYTES = 256 * 1024 * 1024;
/** How long a connection may take to send what is left, before it is cut. */
const CLOSE_GRACE_MS = 500;

const HTTP2_OPTIONS = {
  // A subscriber that reads slowly, and many calls on one connection, are normal here.
  maxSessionMemory: 100,
  // So are clients that cancel reads and subscriptions all the time: a cancelled call is a reset stream.
  streamResetBurst: 100_000,
  streamResetRate: 10_000,
  settings: {
    maxConcurrentStreams: 1_000,
    initialWindowSize: 1024 * 1024,
    maxHeaderListSize: 16 * 1024,
    enablePush: false,
  },
};
const CONNECTION_WINDOW_BYTES = 8 * 1024 * 1024;

/** Starts a gRPC server on plain HTTP/2. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const server = createServer(HTTP2_OPTIONS);
  server.maxConnections = MAX_CONNECTIONS;
  const calls = new Set<GrpcCall>();
  const sessions = new Set<ServerHttp2Session>();
  const budget = new ReceiveBudget(MAX_PARTIAL_MESSAGES_BYTES);
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('close', () => sessions.delete(session));
    // A connection that breaks is the client's affair: its calls are closed, and that is all there is to do.
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    if (stream.destroyed || !isGrpc(stream, headers[':method'], headers['content-type'])) return;
    const call = new GrpcCall(stream, budget);
    calls.add(call);
    call.onClose(() => calls.delete(call));
    void answer(call, String(headers[':path']), options);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server, calls, sessions),
  };
}

function isGrpc(stream: ServerHttp2Stream, method?: string, contentType?: string): boolean {
  if (method === 'POST' && contentType?.startsWith('application/grpc')) return true;
  stream.respond({ ':status': 415 }, { endStream: true });
  return false;
}

async function answer(call: GrpcCall, path: string, options: GrpcServerOptions): Promise<void> {
  try {
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
  sessions: Set<ServerHttp2Session>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const call of [...calls]) {
    call.finish(new StatusError(StatusCode.unavailable, 'The event store is stopping.'));
  }
  for (const session of sessions) session.close();
  const cut = setTimeout(() => {
    for (const session of sessions) session.destroy();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(cut);
}
