import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KafkaAccess } from './apache-kafka/access.js';
import { type Engines, inheritedEnvironment, startEngines } from './engines.js';
import { ensureKeys } from './keys.js';
import type { KafkaKind, PortPlan, ServiceName } from './names.js';
import { type BlockReservation, reserveFreeBlock } from './port-block.js';
import { serviceEnvironment } from './service-environment.js';
import { type Instance, Services } from './services.js';

export interface StackOptions {
  /** Keeps everything: `engines/`, `keys/`, `logs/`. Made if missing. Never for two stacks at once. */
  readonly dataDir: string;
  /** 'free' takes a block of free ports. */
  readonly ports: 'free' | PortPlan;
  /** By default the embedded one. */
  readonly kafka?: KafkaKind;
  /** Environment variables to add, by service. */
  readonly env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  readonly onProgress?: (text: string) => void;
  /** A process has ended that nobody stopped. It stays down until `start` is called; of the engines it is the end. */
  readonly onUnexpectedEnd?: (name: ServiceName | 'engines', how: string) => void;
  /** Breaks off the start. */
  readonly signal?: AbortSignal;
}

/** The whole product on this machine. It ends with the process that started it, however that ends. */
export interface Stack {
  readonly gatewayUrl: string;
  /** Metrics of the gateway, which are not on its public port. */
  readonly gatewayMetricsUrl: string;
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly eventStoreUrl: string;
  readonly kafka: KafkaAccess;
  /** PostgreSQL connection string, as the database's own role. */
  databaseUrl(database: string): string;
  /** Sends the signal; for one that ends the service, resolves when it has ended. */
  kill(service: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Ends the engines without warning (kill -9). Only `stop` makes sense afterwards. */
  killEngines(): Promise<void>;
  /** Starts a service again that has ended; resolves when it is ready. */
  start(service: ServiceName): Promise<void>;
  /** Starts one more instance of a service beside the first, on a port of its own; the gateway does not know it. */
  startAnother(service: ServiceName): Promise<Instance>;
  /** The last part of a service's log. */
  logs(service: ServiceName): string;
  /** Gateway first, then the services, the engines last. No process is left. */
  stop(): Promise<void>;
}

/** Starts engines, migrations and services, and resolves when all are ready. A start that fails leaves no process behind. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  await mkdir(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
  const reservation = options.ports === 'free' ? await reserveFreeBlock(dataDir) : undefined;
  const ports = options.ports === 'free' ? (reservation as BlockReservation).ports : options.ports;
  const signal = options.signal ?? new AbortController().signal;
  let engines: Engines | undefined;
  try {
    const { kafka = 'embedded', onProgress } = options;
    engines = await startEngines({ dataDir, ports, kafka, signal, ...(onProgress && { onProgress }) });
    const services = servicesOn(engines, ports, { ...options, dataDir });
    const enginesEnd = abortedBy(engines.exited);
    await services
      .startAll(AbortSignal.any([signal, enginesEnd]), (ready) =>
        options.onProgress?.(`Starting the services, ready: ${ready.join(', ')}`),
      )
      .catch((error: unknown) => {
        if (!enginesEnd.aborted) throw error;
        const log = join(dataDir, 'logs', 'engines.log');
        throw new Error(
          `The engines ended by themselves (${String(enginesEnd.reason)}); their log is ${log}.`,
        );
      });
    return stackOf(engines, services, ports, reservation, options);
  } catch (error) {
    await engines?.stop();
    await reservation?.release();
    throw error;
  }
}

function abortedBy(end: Promise<string>): AbortSignal {
  const controller = new AbortController();
  void end.then((how) => controller.abort(how));
  return controller.signal;
}

function servicesOn(engines: Engines, ports: PortPlan, options: StackOptions): Services {
  const surroundings = { ...engines, ports, keys: ensureKeys(join(options.dataDir, 'keys')) };
  return new Services({
    dataDir: options.dataDir,
    ports,
    environment: (service) => ({
      ...inheritedEnvironment(),
      ...serviceEnvironment(service, surroundings),
      ...options.env?.[service],
    }),
    onUnexpectedEnd: (service, how) => options.onUnexpectedEnd?.(service, how),
  });
}

function stackOf(
  engines: Engines,
  services: Services,
  ports: PortPlan,
  reservation: BlockReservation | undefined,
  options: StackOptions,
): Stack {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await services.stop();
    await engines.stop();
    await reservation?.release();
  };
  void engines.exited.then((how) => stopping ?? options.onUnexpectedEnd?.('engines', how));
  return {
    gatewayUrl: services.urls.gateway,
    gatewayMetricsUrl: `http://127.0.0.1:${ports.gatewayMetrics}/metrics`,
    urls: services.urls,
    eventStoreUrl: engines.eventStoreUrl,
    kafka: engines.kafka,
    databaseUrl: (database) => engines.databaseUrl(database),
    kill: (service, signal) => services.kill(service, signal),
    killEngines: () => engines.kill(),
    start: (service) => services.start(service),
    startAnother: (service) => services.startAnother(service),
    logs: (service) => services.logs(service),
    stop: () => (stopping ??= stop()),
  };
}
