import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type KafkaAccess, kafkaAccessSchema } from './apache-kafka/access.js';
import { installApacheKafka, installationSchema } from './apache-kafka/installation.js';
import { Child } from './child.js';
import type { EngineName, KafkaKind } from './names.js';
import { databases } from './service-environment.js';

const startTimeoutMs = 90_000;
const stopTimeoutMs = 40_000;

/** What the engines' process is told: the last argument of its command line, as JSON. */
export const enginesTaskSchema = z.object({
  dataDir: z.string(),
  /** 0 takes a free port. */
  ports: z.object({ postgres: z.int(), eventStore: z.int(), kafka: z.int() }),
  databases: z.array(z.string()),
  /** Where it is missing, the broker is the embedded one. */
  apacheKafka: z.object({ installation: installationSchema, secured: z.boolean() }).optional(),
});
export type EnginesTask = z.infer<typeof enginesTaskSchema>;

/** What it answers, once. */
export const enginesReportSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    eventStoreUrl: z.string(),
    kafka: kafkaAccessSchema,
    databaseUrls: z.record(z.string(), z.string()),
  }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type EnginesReport = z.infer<typeof enginesReportSchema>;

export interface Engines {
  readonly eventStoreUrl: string;
  readonly kafka: KafkaAccess;
  /** Connection string as the database's own role; throws for an unknown name. */
  databaseUrl(database: string): string;
  /** Resolves when the process has ended, to how. */
  readonly exited: Promise<string>;
  /** Ends the process without warning (kill -9): nothing is written any more, as after a crash. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface EnginesOptions {
  readonly dataDir: string;
  readonly ports: Readonly<Record<EngineName, number>>;
  /** By default the embedded one. */
  readonly kafka?: KafkaKind;
  readonly onProgress?: (text: string) => void;
  /** Breaks off the start. */
  readonly signal?: AbortSignal;
}

/** The engines' process is a program of this library's build, also for a test that runs from sources. */
const program = fileURLToPath(new URL('../dist/engines.main.js', import.meta.url));

/** Starts event store, broker and PostgreSQL in one process, with the topics. Data in `<dataDir>/engines`, log in `<dataDir>/logs`. */
export async function startEngines(options: EnginesOptions): Promise<Engines> {
  const { dataDir, ports, kafka: kafkaKind = 'embedded', signal, onProgress } = options;
  signal?.throwIfAborted();
  const apacheKafka =
    kafkaKind === 'embedded'
      ? undefined
      : {
          installation: await installApacheKafka({
            ...(signal && { signal }),
            ...(onProgress && { onProgress }),
          }),
          secured: kafkaKind === 'apache-secured',
        };
  onProgress?.('Starting the engines: event store, Kafka broker, PostgreSQL');
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const task: EnginesTask = { dataDir: join(dataDir, 'engines'), ports, databases, apacheKafka };
  const { promise: report, resolve: onMessage } = Promise.withResolvers<unknown>();
  const child = await Child.start({
    name: 'engines',
    program: [program, JSON.stringify(task)],
    env: inheritedEnvironment(),
    logFile: join(dataDir, 'logs', 'engines.log'),
    onMessage,
  });
  const answer = await firstReport(child, report, signal);
  if (answer.kind === 'failed') {
    await child.exited;
    throw new Error(answer.message);
  }
  const { eventStoreUrl, kafka, databaseUrls } = answer;
  return {
    eventStoreUrl,
    kafka,
    databaseUrl(database) {
      const url = databaseUrls[database];
      if (url === undefined) throw new Error(`There is no database ${database}.`);
      return url;
    },
    exited: child.exited,
    kill: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
    stop: () => child.stop(stopTimeoutMs),
  };
}

async function firstReport(
  child: Child,
  report: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<EnginesReport> {
  const late = sleep(startTimeoutMs, `not ready after ${startTimeoutMs / 1000} s`, { ref: false });
  const interrupted = new Promise<string>((resolve) => {
    const interrupt = () => resolve('interrupted');
    signal?.addEventListener('abort', interrupt, { once: true });
    // Nothing tells of an abort that was before.
    if (signal?.aborted) interrupt();
  });
  const answer = await Promise.race([report, child.exited, late, interrupted]);
  if (typeof answer !== 'string') return enginesReportSchema.parse(answer);
  await child.stop(stopTimeoutMs);
  throw new Error(`The engines did not start (${answer}):\n${child.logTail()}`);
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
