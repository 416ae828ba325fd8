import { type DataDirLock, lockDataDir } from '../data-dir-lock.js';
import { startGrpcServer, type GrpcServer, type Handler, type TlsOptions } from './grpc/grpc.server.js';
import { recordedEventCodec } from './protocol/recorded-event.js';
import { serverLimits, type ServerLimits } from './limits.js';
import { access } from './requests/access.js';
import { append } from './requests/append.js';
import { batchAppend } from './requests/batch-append.js';
import { deleteStream, tombstoneStream } from './requests/delete.js';
import { read } from './requests/read.js';
import { NAMED_AND_REFUSED, refusal } from './requests/refusals.js';
import { getSupportedMethods, readGossip } from './requests/server-info.js';
import { EventStorage } from './storage/event-storage.js';

export interface EventStoreOptions {
  /** Created if missing; one server at a time. */
  readonly dataDir: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Serves by TLS. Clients connect with `tls=true&tlsCAFile=…`. */
  readonly tls?: TlsOptions;
  /**
   * Passwords by user name; each user may do everything. Without it everyone may. Needs `tls`, as the clients send credentials by
   * TLS alone. A client certificate that `tls.ca` issued to a user's name does instead of the password.
   */
  readonly users?: Readonly<Record<string, string>>;
  /** Where they are to differ from `serverLimits`. */
  readonly limits?: Partial<ServerLimits>;
  /** Is told what a person should know: a torn write that was removed, a disk that fails. Default: a process warning. */
  readonly onNotice?: (message: string) => void;
}

export interface EmbeddedEventStore {
  /** For `EventStoreDBClient.connectionString`; with `tls` it lacks `&tlsCAFile=` and the credentials. */
  readonly url: string;
  readonly port: number;
  /** Ends all calls, waits for the appends under way and releases the data folder; a second call waits for the first. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const SEGMENT_BYTES = 256 * 1024 * 1024;

/**
 * Starts a small single-node event store for laptops, tests and demos, which speaks EventStoreDB's gRPC protocol. An
 * acknowledged append is on disk.
 * @throws DataDirInUse when another server has the folder
 * @throws DamagedLog when the data are not as they were written
 */
export async function startEventStore(options: EventStoreOptions): Promise<EmbeddedEventStore> {
  const { dataDir, onNotice = warn, tls, users } = options;
  if (users !== undefined && tls === undefined) {
    throw new Error(
      'The event store has users but no TLS: clients would not send their credentials. Give it `tls`.',
    );
  }
  const lock = lockDataDir(dataDir);
  let storage: EventStorage | undefined;
  try {
    storage = await EventStorage.open({
      dir: dataDir,
      segmentBytes: SEGMENT_BYTES,
      codec: recordedEventCodec,
      onNotice,
    });
    const server = await serve(storage, { ...options, onNotice });
    let closing: Promise<void> | undefined;
    return {
      url: `esdb://${HOST}:${server.port}?tls=${tls !== undefined}`,
      port: server.port,
      close: () => (closing ??= closeAll(server, storage, lock)),
    };
  } catch (error) {
    await closeAll(undefined, storage, lock);
    throw error;
  }
}

async function serve(
  storage: EventStorage,
  options: EventStoreOptions & Required<Pick<EventStoreOptions, 'onNotice'>>,
): Promise<GrpcServer> {
  const { port = 0, tls, users, onNotice } = options;
  const streams: Record<string, Handler> = {
    '/event_store.client.streams.Streams/Read': read(storage),
    '/event_store.client.streams.Streams/Append': append(storage),
    '/event_store.client.streams.Streams/BatchAppend': batchAppend(storage),
    '/event_store.client.streams.Streams/Delete': deleteStream(storage),
    '/event_store.client.streams.Streams/Tombstone': tombstoneStream(storage),
  };
  const server = await startGrpcServer({
    host: HOST,
    port,
    tls,
    limits: { ...serverLimits, ...options.limits },
    admit: access(users),
    refusal,
    onFailure: (error) => onNotice(`A call failed: ${error.stack ?? error.message}`),
    handlers: {
      ...streams,
      '/event_store.client.server_features.ServerFeatures/GetSupportedMethods': getSupportedMethods(
        Object.keys(streams),
        NAMED_AND_REFUSED,
      ),
      '/event_store.client.gossip.Gossip/Read': readGossip(() => ({ address: HOST, port: server.port })),
    },
  });
  return server;
}

async function closeAll(
  server: GrpcServer | undefined,
  storage: EventStorage | undefined,
  lock: DataDirLock,
): Promise<void> {
  try {
    // Appends under way are answered before their calls end.
    await storage?.settled();
    await server?.close();
    await storage?.close();
  } finally {
    lock.release();
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'EmbeddedEventStore');
}
