import { freePort } from '@florin/embedded';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';
import { type PortPlan, type ServiceName, serviceNames } from './names.js';
import type { CrashSignal } from './process-tree.js';
import { hasDatabase } from './service-environment.js';

const readyTimeoutMs = 60_000;
const readyIntervalMs = 50;
const probeTimeoutMs = 2000;
const migrationTimeoutMs = 120_000;
/** The services' own limit is 10 s, after which they cut off what is still open. */
const stopTimeoutMs = 11_000;

const repository = fileURLToPath(new URL('../../..', import.meta.url));

export interface ServicesOptions {
  readonly dataDir: string;
  readonly ports: PortPlan;
  readonly environment: (service: ServiceName) => Record<string, string>;
  /** A service has ended that nobody stopped. */
  readonly onUnexpectedEnd: (service: ServiceName, how: string) => void;
  /** The service's program; a test has its own. */
  readonly programOf?: (service: ServiceName) => string;
}

/** One more instance of a service, beside the first. */
export interface Instance {
  readonly url: string;
  /** Sends the signal; for one that ends it, resolves when it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** The processes of the services. */
export class Services {
  readonly urls: Readonly<Record<ServiceName, string>>;
  private readonly children = new Map<ServiceName, Child>();
  private readonly others: Child[] = [];
  private readonly stopped = new WeakSet<Child>();
  private stopping = false;

  constructor(private readonly options: ServicesOptions) {
    const url = (service: ServiceName) => `http://127.0.0.1:${options.ports[service]}`;
    this.urls = Object.fromEntries(serviceNames.map((name) => [name, url(name)])) as Record<
      ServiceName,
      string
    >;
  }

  /** Migrates and starts all at once; resolves when all are ready. Rejects with the first failure, all stopped again. */
  async startAll(signal: AbortSignal, onReady: (ready: readonly ServiceName[]) => void): Promise<void> {
    const ready: ServiceName[] = [];
    const attempts = serviceNames.map(async (service) => {
      await this.migrate(service);
      await this.start(service);
      ready.push(service);
      onReady(ready);
    });
    const interruption = Promise.withResolvers<never>();
    const interrupt = () => interruption.reject(new Error('interrupted'));
    signal.addEventListener('abort', interrupt);
    try {
      signal.throwIfAborted();
      await Promise.race([Promise.all(attempts), interruption.promise]);
    } catch (error) {
      await this.stop();
      await Promise.allSettled(attempts);
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** Resolves when it is ready; rejects, with nothing left of it, when it does not become so. */
  async start(service: ServiceName): Promise<void> {
    const running = this.children.get(service);
    if (running?.hasEnded === false) throw new Error(`${service} runs already.`);
    const child = await this.launch(service, []);
    try {
      await this.untilReady(this.urls[service], child);
    } catch (error) {
      await this.stopChild(child);
      throw error;
    }
    void child.exited.then((how) => {
      if (!this.stopped.has(child)) this.options.onUnexpectedEnd(service, how);
    });
  }

  /** Starts another instance on some free port; resolves when it is ready. It stops with all others. */
  async startAnother(service: ServiceName): Promise<Instance> {
    const port = await freePort();
    const child = await this.spawn(service, [], `${service}-${port}`, { PORT: String(port) });
    this.others.push(child);
    if (this.stopping) await this.stopChild(child);
    const url = `http://127.0.0.1:${port}`;
    await this.untilReady(url, child);
    return {
      url,
      kill: async (signal) => {
        child.kill(signal);
        if (ends(signal)) await child.exited;
      },
    };
  }

  async kill(service: ServiceName, signal: NodeJS.Signals): Promise<void> {
    const child = this.children.get(service);
    if (child === undefined || child.hasEnded) throw new Error(`${service} does not run.`);
    if (ends(signal)) this.stopped.add(child);
    child.kill(signal);
    if (ends(signal)) await child.exited;
  }

  /** To the first instance. An end by it is one that nobody asked for. */
  signal(service: ServiceName, signal: CrashSignal): void {
    const child = this.children.get(service);
    if (child === undefined || child.hasEnded) throw new Error(`${service} does not run.`);
    child.kill(signal);
  }

  logs(service: ServiceName): string {
    return this.children.get(service)?.logTail() ?? '';
  }

  /** The gateway first, so that nothing new comes in; then all others. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.stopChild(this.children.get('gateway'));
    await Promise.all([...this.children.values(), ...this.others].map((child) => this.stopChild(child)));
  }

  private async stopChild(child: Child | undefined): Promise<void> {
    if (child === undefined || child.hasEnded) return;
    this.stopped.add(child);
    await child.stop(stopTimeoutMs);
  }

  private async migrate(service: ServiceName): Promise<void> {
    if (!hasDatabase(service)) return;
    const child = await this.launch(service, ['migrate']);
    const timer = setTimeout(() => child.kill('SIGKILL'), migrationTimeoutMs);
    const how = await child.exited;
    clearTimeout(timer);
    if (how !== 'exit code 0') throw failure(`The migration of ${service} failed (${how})`, child);
  }

  private async launch(service: ServiceName, args: readonly string[]): Promise<Child> {
    const child = await this.spawn(service, args, service, {});
    this.children.set(service, child);
    // Whoever stopped the stack during the spawn has not seen this one.
    if (this.stopping) await this.stopChild(child);
    return child;
  }

  private async spawn(
    service: ServiceName,
    args: readonly string[],
    name: string,
    env: Record<string, string>,
  ): Promise<Child> {
    if (this.stopping) throw new Error('The stack is stopping.');
    const { dataDir, environment, programOf = mainOf } = this.options;
    return Child.start({
      name,
      program: [programOf(service), ...args],
      env: { ...environment(service), ...env },
      logFile: join(dataDir, 'logs', `${name}.log`),
    });
  }

  private async untilReady(url: string, child: Child): Promise<void> {
    const givenUpAt = Date.now() + readyTimeoutMs;
    while (!(await isReady(url))) {
      if (child.hasEnded) throw failure(`${child.name} did not start (${await child.exited})`, child);
      if (Date.now() > givenUpAt)
        throw failure(`${child.name} was not ready after ${readyTimeoutMs / 1000} s`, child);
      await sleep(readyIntervalMs);
    }
  }
}

function ends(signal: NodeJS.Signals): boolean {
  return !['SIGSTOP', 'SIGCONT', 'SIGUSR1', 'SIGUSR2'].includes(signal);
}

function mainOf(service: ServiceName): string {
  return join(repository, 'apps', service, 'dist', 'main.js');
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Not listening yet.
    return false;
  }
}

function failure(message: string, child: Child): Error {
  return new Error(`${message}.\nIts log ends with:\n${child.logTail()}`);
}
