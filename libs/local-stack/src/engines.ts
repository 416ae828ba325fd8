import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaAccess } from './apache-kafka/access.js';
import { installApacheKafka } from './apache-kafka/installation.js';
import { EngineProcess, type EngineTask } from './engine-process.js';
import { type EngineName, type KafkaKind, engineNames } from './names.js';
import type { CrashSignal } from './process-tree.js';
import { databases } from './service-environment.js';

export interface Engines {
  readonly eventStoreUrl: string;
  readonly kafka: KafkaAccess;
  /** Connection string as the database's own role; throws for an unknown name. */
  databaseUrl(database: string): string;
  /** Lets one finish what it does and ends it; throws when it does not run. */
  stopEngine(name: EngineName): Promise<void>;
  /** Ends the process of one without warning (kill -9), whereupon PostgreSQL's server stops; throws when it does not run. */
  killEngine(name: EngineName): Promise<void>;
  /**
   * Sends a signal to the process that does the work, which of PostgreSQL is the server with all its own, of Apache Kafka
   * who started it; SIGKILL goes to the first of them alone. What ends by it has ended unexpectedly. Throws when it does not run.
   */
  signalEngine(name: EngineName, signal: CrashSignal): void;
  /** Starts one again that has ended, on the same port and data; resolves when it is ready. */
  startEngine(name: EngineName): Promise<void>;
  /** Stops all that run, for good. */
  stop(): Promise<void>;
}

export interface EnginesOptions {
  readonly dataDir: string;
  /** 0 takes a free one, and keeps it. */
  readonly ports: Readonly<Record<EngineName, number>>;
  /** By default the embedded one. */
  readonly kafka?: KafkaKind;
  /** Environment variables to add, by engine. */
  readonly env?: Partial<Record<EngineName, Readonly<Record<string, string>>>>;
  readonly onProgress?: (text: string) => void;
  /** An engine has ended that nobody stopped. It stays down until `startEngine` is called. */
  readonly onUnexpectedEnd?: (name: EngineName, how: string) => void;
  /** Breaks off the start. */
  readonly signal?: AbortSignal;
}

interface Processes {
  readonly postgres: EngineProcess<'postgres'>;
  readonly eventStore: EngineProcess<'eventStore'>;
  readonly kafka: EngineProcess<'kafka'>;
}

/**
 * Starts PostgreSQL, event store and broker side by side, each a process of its own, the broker with its topics. Data in
 * `<dataDir>/engines`, logs in `<dataDir>/logs`. Rejects with the first failure, all stopped again.
 */
export async function startEngines(options: EnginesOptions): Promise<Engines> {
  const { dataDir, signal, onProgress } = options;
  signal?.throwIfAborted();
  const apacheKafka = await installed(options);
  onProgress?.('Starting the engines: event store, Kafka broker, PostgreSQL');
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const processes = processesOf(options, apacheKafka);
  const { postgres, eventStore, kafka } = processes;
  try {
    const starting = [postgres.start(signal), eventStore.start(signal), kafka.start(signal)] as const;
    const [{ databaseUrls }, { url: eventStoreUrl }, { access }] = await Promise.all(starting);
    return {
      eventStoreUrl,
      kafka: access,
      databaseUrl(database) {
        const url = databaseUrls[database];
        if (url === undefined) throw new Error(`There is no database ${database}.`);
        return url;
      },
      stopEngine: (name) => processes[name].stop(),
      killEngine: (name) => processes[name].kill(),
      signalEngine: (name, signal) => processes[name].signal(signal),
      startEngine: async (name) => void (await processes[name].start()),
      stop: () => closeAll(processes),
    };
  } catch (error) {
    await closeAll(processes);
    throw error;
  }
}

type ApacheKafka = Extract<EngineTask, { engine: 'kafka' }>['apacheKafka'];

async function installed({ kafka = 'embedded', signal, onProgress }: EnginesOptions): Promise<ApacheKafka> {
  if (kafka === 'embedded') return undefined;
  const installation = await installApacheKafka({
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { installation, secured: kafka === 'apache-secured' };
}

function processesOf(options: EnginesOptions, apacheKafka: ApacheKafka): Processes {
  const { dataDir, ports, env, onUnexpectedEnd } = options;
  const place = (name: EngineName, folder: string) => ({
    dataDir: join(dataDir, 'engines', folder),
    port: ports[name],
  });
  const about = (name: EngineName, title: string) => ({
    ...{ title, dataDir, env: { ...inheritedEnvironment(), ...env?.[name] } },
    onUnexpectedEnd: (how: string) => onUnexpectedEnd?.(name, how),
  });
  return {
    postgres: new EngineProcess(
      { engine: 'postgres', ...place('postgres', 'postgres'), databases },
      about('postgres', 'PostgreSQL'),
    ),
    eventStore: new EngineProcess(
      { engine: 'eventStore', ...place('eventStore', 'event-store') },
      about('eventStore', 'Event store'),
    ),
    kafka: apacheKafka
      ? new EngineProcess(
          { engine: 'kafka', ...place('kafka', 'apache-kafka'), apacheKafka },
          about('kafka', 'Apache Kafka'),
        )
      : new EngineProcess({ engine: 'kafka', ...place('kafka', 'kafka') }, about('kafka', 'Kafka broker')),
  };
}

async function closeAll(processes: Processes): Promise<void> {
  await Promise.all(engineNames.map((name) => processes[name].close()));
}

/** Of the caller's environment only what a program needs to run at all; and NODE_ENV, which the engines refuse to run in production with. */
export function inheritedEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_ENV', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
