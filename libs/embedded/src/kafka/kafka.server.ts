import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type DataDirLock, lockDataDir } from '../data-dir-lock.js';
import { settingOf } from './api/topic-configs.js';
import type { Broker, BrokerNode } from './broker.js';
import { type RequestMemory, serveConnection } from './connection.js';
import { GroupCoordinator } from './groups/group-coordinator.js';
import { limits } from './limits.js';
import { ClusterState } from './storage/cluster-state.js';
import type { Recovery } from './storage/recovery.js';
import { TopicStore } from './storage/topic-store.js';

export interface KafkaOptions {
  /** Where everything is kept; made when missing. One broker at a time. */
  readonly dataDir: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Told, in a sentence, of what recovery cut, which connections were cut off, and what could not be read or written. */
  readonly onNotice?: (message: string) => void;
  /** fdatasync before a message is acknowledged, so that it survives the machine's end and not only the process's. */
  readonly sync?: boolean;
  /** Size at which a segment is full. */
  readonly segmentBytes?: number;
}

export interface EmbeddedKafka {
  /** `host:port`, as clients want it. */
  readonly brokers: string[];
  readonly port: number;
  /** Ends all connections, syncs the logs and lets go of the folder. */
  close(): Promise<void>;
}

/** How long a client may take to read its last answers when the broker closes. */
const FAREWELL_MS = 500;

/**
 * Starts a broker that speaks the Kafka protocol and keeps its data in `dataDir`. An acknowledged message survives the
 * end of the process, however it ends.
 *
 * @throws DataDirInUse when a live process serves the folder, DamagedFile when what was written is not there as it was, or what
 * listening throws.
 */
export async function startKafkaBroker(options: KafkaOptions): Promise<EmbeddedKafka> {
  const host = options.host ?? '127.0.0.1';
  const lock = lockDataDir(options.dataDir);
  const server = createServer({ noDelay: true });
  server.maxConnections = limits.connections;
  try {
    const { systemMayHaveStopped } = lock;
    const storage = openStorage(options, { notice: options.onNotice ?? ignore, systemMayHaveStopped });
    lock.recovered();
    try {
      server.listen(options.port ?? 0, host);
      await once(server, 'listening');
    } catch (error) {
      await closeStorage(storage);
      throw error;
    }
    return serve(server, host, storage, lock, options.onNotice ?? ignore);
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Storage = Pick<Broker, 'cluster' | 'topics' | 'groups'>;

function openStorage(options: KafkaOptions, recovery: Recovery): Storage {
  const { dataDir } = options;
  const segmentBytes = options.segmentBytes ?? limits.segmentBytes;
  const cluster = new ClusterState(dataDir, recovery);
  const topics = new TopicStore(dataDir, { segmentBytes, sync: options.sync ?? false }, recovery);
  return { cluster, topics, groups: new GroupCoordinator(dataDir, recovery) };
}

async function closeStorage({ cluster, topics, groups }: Storage): Promise<void> {
  groups.close();
  cluster.close();
  await topics.close();
}

function serve(
  server: Server,
  host: string,
  storage: Storage,
  lock: DataDirLock,
  notice: (message: string) => void,
): EmbeddedKafka {
  const { port } = server.address() as AddressInfo;
  const nodes: BrokerNode[] = [{ nodeId: 0, host, port }];
  const broker: Broker = { ...storage, nodes, notice };
  const sockets = new Set<Socket>();
  const memory: RequestMemory = { usedBytes: 0 };
  server.on('error', (error) => notice(`the broker's port: ${error.message}`));
  server.on('drop', () => notice(`a connection was refused: ${limits.connections} are open`));
  server.on('connection', (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    serveConnection(broker, socket, memory);
  });
  const retention = setInterval(() => applyRetention(broker, Date.now()), limits.retentionCheckMs);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    clearInterval(retention);
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroySoon();
    const impatience = setTimeout(() => sockets.forEach((socket) => socket.destroy()), FAREWELL_MS);
    await closed;
    clearTimeout(impatience);
    try {
      await closeStorage(storage);
    } finally {
      lock.release();
    }
  }
  return { brokers: [`${host}:${port}`], port, close: () => (closing ??= close()) };
}

/** Deletes what has outlived its topic's retention, and groups that nobody uses. */
function applyRetention(broker: Broker, nowMs: number): void {
  try {
    for (const { partitions, configs } of broker.topics.all()) {
      const retentionMs = Number(settingOf(configs, 'retention.ms'));
      const retentionBytes = Number(settingOf(configs, 'retention.bytes'));
      for (const log of partitions) log.retain(retentionMs, retentionBytes, nowMs);
    }
    broker.groups.expire(nowMs);
  } catch (error) {
    broker.notice(`retention: ${(error as Error).message}`);
  }
}

function ignore(): void {
  // Nobody wants to be told.
}
