import type { Http2Session, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ServerLimits } from '../limits.js';

interface Connection {
  readonly openedMs: number;
  readonly certified: string | undefined;
  /** Whether the client has begun to speak HTTP/2. */
  hasGreeted: boolean;
  awaitsPong: boolean;
}

/** Knows the connections, and cuts those whose other end has gone or never says a word. */
export class ConnectionKeeper {
  private readonly connections = new Map<Http2Session, Connection>();
  private readonly sockets = new Set<Socket>();
  private readonly timers: NodeJS.Timeout[];

  constructor(private readonly limits: ServerLimits) {
    this.timers = [
      everySoOften(() => this.cutSilent(), limits.greetingMs / 2),
      everySoOften(() => this.pingAll(), limits.pingMs),
    ];
  }

  /** Knows a connection from its first moment: TLS comes before HTTP/2. */
  watch(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** Follows a connection that may speak HTTP/2 now. */
  add(session: ServerHttp2Session): void {
    const connection: Connection = {
      openedMs: Date.now(),
      certified: certifiedName(session),
      hasGreeted: false,
      awaitsPong: false,
    };
    this.connections.set(session, connection);
    session.setLocalWindowSize(this.limits.connectionWindowBytes);
    session.once('remoteSettings', () => (connection.hasGreeted = true));
    session.on('close', () => this.connections.delete(session));
    // A connection that breaks is the client's affair: its calls are closed, and that is all there is to do.
    session.on('error', () => session.destroy());
  }

  /** The name in a connection's client certificate, if it has one that is believed. */
  certifiedName(session: Http2Session | undefined): string | undefined {
    return session && this.connections.get(session)?.certified;
  }

  /** Lets every connection finish, for a moment, then cuts it. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    const sessions = [...this.connections.keys()];
    const sockets = [...this.sockets];
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', resolve)));
    for (const session of sessions) session.close();
    const cut = setTimeout(() => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    }, this.limits.closeGraceMs);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  private cutSilent(): void {
    const border = Date.now() - this.limits.greetingMs;
    for (const [session, { openedMs, hasGreeted }] of this.connections) {
      if (!hasGreeted && openedMs < border) session.destroy();
    }
  }

  private pingAll(): void {
    for (const [session, connection] of this.connections) {
      if (connection.awaitsPong) session.destroy();
      else if (connection.hasGreeted && !session.destroyed) {
        connection.awaitsPong = true;
        session.ping((error) => (connection.awaitsPong = error !== null));
      }
    }
  }
}

/** Repeats an action that looks who is late, each time after what has arrived meanwhile was read: the machine may have slept. */
export function everySoOften(action: () => void, ms: number): NodeJS.Timeout {
  return setInterval(() => setImmediate(action), ms).unref();
}

function certifiedName(session: ServerHttp2Session): string | undefined {
  if (!session.encrypted) return undefined;
  const socket = session.socket as TLSSocket;
  if (!socket.authorized) return undefined;
  const name = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}
