import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Engines, inheritedEnvironment, startEngines } from './engines.js';
import { ensureKeys } from './keys.js';
import { type EngineName, type KafkaKind, type PortPlan, type ServiceName, logFileOf } from './names.js';
import { type BlockReservation, reserveFreeBlock } from './port-block.js';
import type { CrashSignal } from './process-tree.js';
import { serviceEnvironment } from './service-environment.js';
import { type Instance, Services } from './services.js';

export interface StackOptions {
  /** Keeps everything: `engines/`, `keys/`, `logs/`. Made if missing. Never for two stacks at once. */
  readonly dataDir: string;
  /** 'free' takes a block of free ports. */
  readonly ports: 'free' | PortPlan;
  /** By default the embedded one. */
  readonly kafka?: KafkaKind;
  /** Environment variables to add, by process. */
  readonly env?: Partial<Record<ServiceName | EngineName, Readonly<Record<string, string>>>>;
  readonly onProgress?: (text: string) => void;
  /** A process has ended that nobody stopped. It stays down until `start` or `startEngine` is called. */
  readonly onUnexpectedEnd?: (name: ServiceName | EngineName, how: string) => void;
  /** Breaks off the start. */
  readonly signal?: AbortSignal;
}

/** The whole product on this machine. It ends with the process that started it, however that ends. */
export interface Stack extends Omit<Engines, 'stop'> {
  readonly gatewayUrl: string;
  /** Metrics of the gateway, which are not on its public port. */
  readonly gatewayMetricsUrl: string;
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Sends the signal; for one that ends the service, resolves when it has ended. */
  kill(service: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Sends a signal of which nobody is told: a service that ends by it has ended unexpectedly. Throws when it does not run. */
  signalService(service: ServiceName, signal: CrashSignal): void;
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
  const starting = new StartOf(options, dataDir);
  let engines: Engines | undefined;
  try {
    const { kafka = 'embedded', env, onProgress } = options;
    engines = await startEngines({
      ...{ dataDir, ports, kafka, signal: starting.signal },
      ...(env && { env }),
      ...(onProgress && { onProgress }),
      onUnexpectedEnd: (name, how) => starting.engineEnded(name, how),
    });
    const services = servicesOn(engines, ports, { ...options, dataDir });
    await services.startAll(starting.signal, (ready) =>
      onProgress?.(`Starting the services, ready: ${ready.join(', ')}`),
    );
    starting.succeeded();
    return stackOf(engines, services, ports, reservation);
  } catch (error) {
    await engines?.stop();
    await reservation?.release();
    throw starting.reasonFor(error);
  }
}

/** The start of a stack: the end of an engine breaks it off, and is told only once it has succeeded. */
class StartOf {
  readonly signal: AbortSignal;
  private readonly engineEnd = new AbortController();
  private over = false;

  constructor(
    private readonly options: StackOptions,
    private readonly dataDir: string,
  ) {
    const signals = [this.engineEnd.signal, ...(options.signal ? [options.signal] : [])];
    this.signal = AbortSignal.any(signals);
  }

  engineEnded(name: EngineName, how: string): void {
    if (this.over) return this.options.onUnexpectedEnd?.(name, how);
    const log = logFileOf(this.dataDir, name);
    this.engineEnd.abort(new Error(`${name} ended by itself (${how}); its log is ${log}.`));
  }

  succeeded(): void {
    this.over = true;
  }

  /** Why the start failed, which `error` may only follow from. */
  reasonFor(error: unknown): unknown {
    return this.engineEnd.signal.aborted ? this.engineEnd.signal.reason : error;
  }
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
): Stack {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    await services.stop();
    await engines.stop();
    await reservation?.release();
  };
  return {
    ...engines,
    gatewayUrl: services.urls.gateway,
    gatewayMetricsUrl: `http://127.0.0.1:${ports.gatewayMetrics}/metrics`,
    urls: services.urls,
    kill: (service, signal) => services.kill(service, signal),
    signalService: (service, signal) => services.signal(service, signal),
    start: (service) => services.start(service),
    startAnother: (service) => services.startAnother(service),
    logs: (service) => services.logs(service),
    stop: () => (stopping ??= stop()),
  };
}
