import { allTopics } from '@florin/contracts';
import { startEventStore, startKafkaBroker, startPostgres } from '@florin/embedded';
import { ensureTopics } from '@florin/messaging';
import { join } from 'node:path';
import { type KafkaAccess, clientSettings } from './apache-kafka/access.js';
import { startApacheKafka } from './apache-kafka/apache-kafka.js';
import { type EnginesReport, type EnginesTask, enginesTaskSchema } from './engines.js';

interface Closable {
  close(): Promise<void>;
}

const started: Closable[] = [];
let stopping = false;

/**
 * The process of the three engines: its last argument says what to start, it reports once over IPC, and it stops at SIGTERM or
 * when that channel closes because the supervisor has died.
 */
async function main(): Promise<void> {
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('disconnect', () => void stop('the supervisor is gone', 0));
  // Nothing tells of an end that was before.
  if (!process.connected) return stop('the supervisor is gone', 0);
  try {
    refuseProduction();
    report(await startAll(enginesTaskSchema.parse(JSON.parse(process.argv[2] ?? ''))));
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

async function startAll({ dataDir, ports, databases, apacheKafka }: EnginesTask): Promise<EnginesReport> {
  log('these embedded engines are for laptops, tests and demos: never the production answer');
  const folder = (name: string) => join(dataDir, name);
  const onNotice = (name: string) => (text: string) => log(`${name}: ${text}`);
  const starting = [
    running('PostgreSQL', startPostgres, {
      ...{ dataDir: folder('postgres'), port: ports.postgres, databases },
      onNotice: onNotice('PostgreSQL'),
    }),
    running('Event store', startEventStore, {
      ...{ dataDir: folder('event-store'), port: ports.eventStore },
      onNotice: onNotice('Event store'),
    }),
    apacheKafka
      ? running('Apache Kafka', startApacheKafka, {
          ...{ ...apacheKafka, dataDir: folder('apache-kafka'), port: ports.kafka },
          onNotice: onNotice('Apache Kafka'),
        })
      : running('Kafka broker', startEmbeddedKafka, {
          ...{ dataDir: folder('kafka'), port: ports.kafka },
          onNotice: onNotice('Kafka broker'),
        }),
  ] as const;
  // To their end, so that those that did start can be closed when one did not.
  await Promise.allSettled(starting);
  const [postgres, eventStore, kafka] = await Promise.all(starting);
  void postgres.exited.then(() => stop('PostgreSQL has ended', 1));
  void kafka.exited?.then((how) => stop(`Apache Kafka has ended (${how})`, 1));
  await ensureTopics({ clientId: 'florin-engines', ...clientSettings(kafka.access), topics: allTopics() });
  return {
    kind: 'ready',
    eventStoreUrl: eventStore.url,
    kafka: kafka.access,
    databaseUrls: Object.fromEntries(databases.map((name) => [name, postgres.url(name)])),
  };
}

interface Kafka extends Closable {
  readonly access: KafkaAccess;
  /** Of one that is a process of its own. */
  readonly exited?: Promise<string>;
}

async function startEmbeddedKafka(options: Parameters<typeof startKafkaBroker>[0]): Promise<Kafka> {
  const broker = await startKafkaBroker(options);
  return { access: { brokers: [...broker.brokers] }, close: () => broker.close() };
}

async function running<Options, Engine extends Closable>(
  name: string,
  start: (options: Options) => Promise<Engine>,
  options: Options,
): Promise<Engine> {
  try {
    const engine = await start(options);
    started.push(engine);
    log(`${name}: ready`);
    return engine;
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The first call stops everything and ends the process; an engine that is still starting ends with the process. */
async function stop(reason: string, exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log(`stopping: ${reason}`);
  for (const engine of started.toReversed()) {
    await engine.close().catch((error: unknown) => log(`not closed: ${String(error)}`));
  }
  log('stopped');
  process.exit(exitCode);
}

function report(message: EnginesReport): void {
  // Fails where the supervisor is gone, of which 'disconnect' tells.
  process.send?.(message, undefined, undefined, () => undefined);
}

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

await main();
