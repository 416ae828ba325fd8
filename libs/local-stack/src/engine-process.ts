import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { kafkaAccessSchema } from './apache-kafka/access.js';
import { installationSchema } from './apache-kafka/installation.js';
import { Child } from './child.js';
import { type EngineName, logFileOf } from './names.js';
import { type CrashSignal, signalTree } from './process-tree.js';

const startTimeoutMs = 90_000;
const stopTimeoutMs = 40_000;

/** 0 takes a free port. */
const place = { dataDir: z.string(), port: z.int() };

/** What an engine's process is told: the last argument of its command line, as JSON. */
export const engineTaskSchema = z.discriminatedUnion('engine', [
  z.object({ engine: z.literal('postgres'), ...place, databases: z.array(z.string()) }),
  z.object({ engine: z.literal('eventStore'), ...place }),
  z.object({
    engine: z.literal('kafka'),
    ...place,
    /** Where it is missing, the broker is the embedded one. */
    apacheKafka: z.object({ installation: installationSchema, secured: z.boolean() }).optional(),
  }),
]);
export type EngineTask = z.infer<typeof engineTaskSchema>;

/** What it answers, once. */
const reportSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('postgres'),
    port: z.int(),
    /** Of the server itself, which is a process of its own. */
    serverPid: z.int(),
    databaseUrls: z.record(z.string(), z.string()),
  }),
  z.object({ kind: z.literal('eventStore'), port: z.int(), url: z.string() }),
  z.object({ kind: z.literal('kafka'), port: z.int(), access: kafkaAccessSchema }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);
export type EngineReport = z.infer<typeof reportSchema>;
type ReadyReport = Exclude<EngineReport, { kind: 'failed' }>;
type ReportOf<Name extends EngineName> = Extract<ReadyReport, { kind: Name }>;

export interface EngineProcessOptions {
  /** What people call it. */
  readonly title: string;
  /** Where the stack has its data; the log is in `<dataDir>/logs`. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** It has ended, and nobody asked it to. */
  readonly onUnexpectedEnd: (how: string) => void;
  /** A test has its own. */
  readonly program?: string;
}

/** The engines' program comes from this library's build, also for a test that runs from sources. */
const engineMain = fileURLToPath(new URL('../dist/engine.main.js', import.meta.url));

/** One engine as a process that can end and be started again, on the same port and data. */
export class EngineProcess<Name extends EngineName> {
  private child: Child | undefined;
  /** Where the engine has one of its own beside the child. */
  private serverPid: number | undefined;
  /** Those whose end was asked for. */
  private readonly asked = new WeakSet<Child>();
  private closed = false;

  constructor(
    private task: EngineTask & { readonly engine: Name },
    private readonly options: EngineProcessOptions,
  ) {}

  /** Resolves when it is ready; rejects, with nothing left of it, when it does not become so or `signal` aborts. */
  async start(signal?: AbortSignal): Promise<ReportOf<Name>> {
    const { title } = this.options;
    if (this.child?.hasEnded === false) throw new Error(`${title} runs already.`);
    const { promise: reported, resolve: onMessage } = Promise.withResolvers<unknown>();
    const child = await this.launch(onMessage);
    const report = await this.firstReport(child, reported, signal);
    void child.exited.then((how) => {
      if (!this.asked.has(child)) this.options.onUnexpectedEnd(how);
    });
    this.task = { ...this.task, port: report.port };
    this.serverPid = 'serverPid' in report ? (report as ReportOf<'postgres'>).serverPid : undefined;
    return report;
  }

  /** Lets it finish what it does, for 40 s at most. */
  async stop(): Promise<void> {
    const child = this.running();
    this.asked.add(child);
    await child.stop(stopTimeoutMs);
  }

  /** Ends it without warning (kill -9): nothing is written any more, as after a crash. */
  async kill(): Promise<void> {
    const child = this.running();
    this.asked.add(child);
    child.kill('SIGKILL');
    await child.exited;
  }

  /** To the engine's own process. An end by it is one that nobody asked for. */
  signal(signal: CrashSignal): void {
    const { pid } = this.running();
    signalTree(this.serverPid ?? pid, signal);
  }

  /** Stops it where it runs; it is not started any more. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.child?.hasEnded === false) await this.stop();
  }

  private running(): Child {
    if (this.child === undefined || this.child.hasEnded)
      throw new Error(`${this.options.title} does not run.`);
    return this.child;
  }

  private async launch(onMessage: (message: unknown) => void): Promise<Child> {
    const { title, dataDir, env, program = engineMain } = this.options;
    const child = await Child.start({
      name: title,
      program: [program, JSON.stringify(this.task)],
      env,
      logFile: logFileOf(dataDir, this.task.engine),
      onMessage,
    });
    this.child = child;
    // Whoever closed during the spawn has not seen this one.
    if (this.closed) await this.stop();
    return child;
  }

  private async firstReport(
    child: Child,
    reported: Promise<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<ReportOf<Name>> {
    const { title } = this.options;
    const late = sleep(startTimeoutMs, `not ready after ${startTimeoutMs / 1000} s`, { ref: false });
    const interrupted = new Promise<string>((resolve) => {
      const interrupt = () => resolve('interrupted');
      signal?.addEventListener('abort', interrupt, { once: true });
      // Nothing tells of an abort that was before.
      if (signal?.aborted) interrupt();
    });
    const answer = await Promise.race([reported, child.exited, late, interrupted]);
    if (typeof answer === 'string') {
      await child.stop(stopTimeoutMs);
      const tail = child.logTail();
      throw new Error(`${title} did not start (${answer})${tail === '' ? '.' : `:\n${tail}`}`);
    }
    const report = reportSchema.parse(answer);
    if (report.kind !== 'failed') return report as ReportOf<Name>;
    await child.exited;
    throw new Error(`${title}: ${report.message}`);
  }
}
