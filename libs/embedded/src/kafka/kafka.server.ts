import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type DataDirLock, lockDataDir } from '../data-dir-lock.js';
import { settingOf } from './api/topic-configs.js';
import type { Broker, BrokerNode } from './broker.js';
import { BufferedMemory } from './buffered-memory.js';
import { Connection } from './connection.js';
import { GroupCoordinator } from './groups/group-coordinator.js';
import { limits } from './limits.js';
import { ClusterState } from './storage/cluster-state.js';
import { hasLogs } from './storage/data-folder.js';
import type { Recovery } from './storage/recovery.js';
import { TopicStore } from './storage/topic-store.js';

export interface KafkaOptions {
  /** Where everything is kept; made when missing. One broker at a time. */
  readonly dataDir: string;
  /**
   * How many nodes clients are shown, one by default. All live in this process; each has a port of its own and leads its share of the
   * partitions and groups, so that clients go the ways that they go with a cluster.
   */
  readonly nodes?: number;
  /** The first node's; the others have the next ones, or the ones that a list names. 0, the default, takes free ones. */
  readonly port?: number | readonly number[];
  /** Told, in a sentence, of what recovery cut, which connections were cut off, and what could not be read or written. Default: a process warning. */
  readonly onNotice?: (message: string) => void;
  /** fdatasync before a message is acknowledged, so that it survives the machine's end and not only the process's. */
  readonly sync?: boolean;
  /** Size at which a segment is full. */
  readonly segmentBytes?: number;
}

export interface EmbeddedKafka {
  /** `host:port` of each node, as clients want it. */
  readonly brokers: string[];
  /** The first node's. */
  readonly port: number;
  /** Ends all connections, syncs the logs and lets go of the folder. */
  close(): Promise<void>;
}

/** How long a client may take to read its last answers when the broker closes. */
const FAREWELL_MS = 500;
const HOST = '127.0.0.1';

/**
 * Starts a broker that speaks the Kafka protocol and keeps its data in `dataDir`. An acknowledged message survives the
 * end of the process, however it ends.
 *
 * @throws DataDirInUse when a live process serves the folder, DamagedFile when what was written is not there as it was, or what
 * listening throws.
 */
export async function startKafkaBroker(options: KafkaOptions): Promise<EmbeddedKafka> {
  const lock = lockDataDir(options.dataDir);
  const notice = options.onNotice ?? warn;
  try {
    const storage = openStorage(options, { notice, systemMayHaveStopped: lock.systemMayHaveStopped });
    lock.recovered();
    try {
      const listeners = await listen(options);
      return serve(listeners, storage, lock, notice);
    } catch (error) {
      await closeStorage(storage);
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Listener extends BrokerNode {
  readonly server: Server;
}

/** Opens the ports of all nodes, or none. */
async function listen(options: KafkaOptions): Promise<Listener[]> {
  const { port = 0, nodes: count = 1 } = options;
  if (!(count >= 1 && count <= limits.nodes))
    throw new RangeError(`1 to ${limits.nodes} nodes, not ${count}`);
  const listeners: Listener[] = [];
  try {
    for (let nodeId = 0; nodeId < count; nodeId++) {
      const server = createServer({ noDelay: true });
      server.listen(portOf(nodeId, port), HOST);
      await once(server, 'listening');
      listeners.push({ nodeId, host: HOST, port: (server.address() as AddressInfo).port, server });
    }
    return listeners;
  } catch (error) {
    for (const { server } of listeners) server.close();
    throw error;
  }
}

function portOf(nodeId: number, port: number | readonly number[]): number {
  if (typeof port === 'number') return port === 0 ? 0 : port + nodeId;
  return port[nodeId] ?? 0;
}

type Storage = Pick<Broker, 'cluster' | 'topics' | 'groups'>;

function openStorage(options: KafkaOptions, recovery: Recovery): Storage {
  const { dataDir } = options;
  const segmentBytes = options.segmentBytes ?? limits.segmentBytes;
  const cluster = new ClusterState(dataDir, recovery, hasLogs(dataDir, recovery.notice));
  const topics = new TopicStore(dataDir, { segmentBytes, sync: options.sync ?? false }, recovery);
  return { cluster, topics, groups: new GroupCoordinator(dataDir, recovery) };
}

async function closeStorage({ cluster, topics, groups }: Storage): Promise<void> {
  groups.close();
  cluster.close();
  await topics.close();
}

function serve(
  listeners: readonly Listener[],
  storage: Storage,
  lock: DataDirLock,
  notice: (message: string) => void,
): EmbeddedKafka {
  const nodes: BrokerNode[] = listeners.map(({ nodeId, host, port }) => ({ nodeId, host, port }));
  const broker: Broker = { ...storage, nodes, notice };
  const connections = new Map<Socket, Connection>();
  const memory = new BufferedMemory();
  for (const [index, { server }] of listeners.entries()) {
    server.on('error', (error) => notice(`the broker's port: ${error.message}`));
    server.on('connection', (socket) => accept(nodes[index] as BrokerNode, socket));
  }
  const retention = setInterval(() => applyRetention(broker, Date.now()), limits.retentionCheckMs);
  // After what has arrived meanwhile was read: the machine may have slept.
  const sweep = setInterval(() => setImmediate(requireProgress), limits.arrivalCheckMs);
  let closing: Promise<void> | undefined;

  function accept(node: BrokerNode, socket: Socket): void {
    if (connections.size >= limits.connections) {
      notice(`a connection was refused: ${limits.connections} are open`);
      socket.destroy();
      return;
    }
    socket.on('close', () => connections.delete(socket));
    connections.set(socket, new Connection(broker, node, socket, memory));
  }

  function requireProgress(): void {
    for (const connection of connections.values()) connection.requireProgress();
  }

  async function close(): Promise<void> {
    clearInterval(retention);
    clearInterval(sweep);
    const closed = Promise.all(listeners.map(({ server }) => once(server, 'close')));
    for (const { server } of listeners) server.close();
    for (const socket of connections.keys()) socket.destroySoon();
    const impatience = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, FAREWELL_MS);
    await closed;
    clearTimeout(impatience);
    try {
      await closeStorage(storage);
    } finally {
      lock.release();
    }
  }
  const brokers = nodes.map(({ host, port }) => `${host}:${port}`);
  return { brokers, port: (nodes[0] as BrokerNode).port, close: () => (closing ??= close()) };
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

function warn(message: string): void {
  process.emitWarning(message, 'EmbeddedKafka');
}
