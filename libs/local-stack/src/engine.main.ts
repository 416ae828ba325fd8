import { startEventStore, startKafkaBroker, startPostgres } from '@florin/embedded';
import type { KafkaAccess } from './apache-kafka/access.js';
import { startApacheKafka } from './apache-kafka/apache-kafka.js';
import { type EngineReport, type EngineTask, engineTaskSchema } from './engine-process.js';

/** An engine that runs, and what is to be reported of it. */
interface Running {
  readonly report: EngineReport;
  close(): Promise<void>;
  /** Of one that has processes of its own: resolves when they have ended. */
  readonly exited?: Promise<unknown>;
}

let running: Running | undefined;
let stopping = false;

/**
 * The process of one engine: its last argument says which, it reports once over IPC, and it stops at SIGTERM or when that
 * channel closes because the supervisor has died.
 */
async function main(): Promise<void> {
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('disconnect', () => void stop('the supervisor is gone', 0));
  // Nothing tells of an end that was before.
  if (!process.connected) return stop('the supervisor is gone', 0);
  try {
    refuseProduction();
    log('this engine is for laptops, tests and demos: never the production answer');
    running = await start(engineTaskSchema.parse(JSON.parse(process.argv[2] ?? '')));
    log('ready');
    void running.exited?.then(() => stop('it has ended by itself', 1));
    report(running.report);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report({ kind: 'failed', message });
    await stop(message, 1);
  }
}

function refuseProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  throw new Error(
    'The embedded engines are for laptops, tests and demos, and refuse to start with NODE_ENV=production.\n' +
      'Use Apache Kafka, EventStoreDB (KurrentDB) and PostgreSQL: docker-compose.yml shows how.',
  );
}

async function start(task: EngineTask): Promise<Running> {
  const { dataDir, port } = task;
  const options = { dataDir, port, onNotice: log };
  switch (task.engine) {
    case 'postgres': {
      const { databases } = task;
      const server = await startPostgres({ ...options, databases });
      const databaseUrls = Object.fromEntries(databases.map((name) => [name, server.url(name)]));
      return {
        report: { kind: 'postgres', port: server.port, serverPid: server.pid, databaseUrls },
        close: () => server.close(),
        exited: server.exited,
      };
    }
    case 'eventStore': {
      const store = await startEventStore(options);
      const { port, url } = store;
      return { report: { kind: 'eventStore', port, url }, close: () => store.close() };
    }
    case 'kafka': {
      if (task.apacheKafka === undefined) {
        const broker = await startKafkaBroker(options);
        return withTopics({ brokers: broker.brokers }, broker);
      }
      const broker = await startApacheKafka({ ...options, ...task.apacheKafka });
      return withTopics(broker.access, broker);
    }
  }
}

async function withTopics(
  access: KafkaAccess,
  broker: Omit<Running, 'report'> & { readonly port: number },
): Promise<Running> {
  try {
    // Only here: it takes longer to load than all else that an engine needs.
    const { makeTopics } = await import('./topics.js');
    await makeTopics(access);
  } catch (error) {
    await broker.close();
    throw error;
  }
  return {
    report: { kind: 'kafka', port: broker.port, access },
    close: () => broker.close(),
    ...(broker.exited && { exited: broker.exited }),
  };
}

/** The first call stops the engine and ends the process; an engine that is still starting ends with the process. */
async function stop(reason: string, exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log(`stopping: ${reason}`);
  await running?.close().catch((error: unknown) => log(`not closed: ${String(error)}`));
  log('stopped');
  process.exit(exitCode);
}

function report(message: EngineReport): void {
  // Fails where the supervisor is gone, of which 'disconnect' tells.
  process.send?.(message, undefined, undefined, () => undefined);
}

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

await main();
