import { startStack, type Stack } from '@florin/local-stack';
import { ApiClient } from '@florin/testing';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { gatherPeople, runPayments } from './payments.js';
import { cpuOfDescendants } from './process-cpu.js';
import { collectSpans, type SpanCollector } from './span-collector.js';
import { pathOf, type Path } from './stages.js';

type Say = (line: string) => void;

interface Cost {
  readonly concurrency: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU microseconds for a payment, by process; those of the load generator are in none. */
  readonly cpuUsPerPayment: Readonly<Record<string, number>>;
  /** Disk that a payment adds: of the event store, of Kafka, and of the tables that are not emptied again. */
  readonly bytesPerPayment: Readonly<Record<string, number>>;
}

type Stages = Path & { readonly concurrency: number; readonly payments: number };

const services = ['gateway', 'identity', 'wallet', 'payments', 'notifications'] as const;
const databases = ['identity', 'wallet', 'payments', 'notifications'] as const;
const concurrencies = [1, 64];
const warmUpPayments = 500;
const measuredMs = Number(process.env['BENCH_SECONDS'] ?? 10) * 1_000;

/** What a payment costs, without tracing; then, on another stack, where its time goes, from its spans. */
export async function benchPaymentStages(say: Say): Promise<{ costs: Cost[]; stages: Stages[] }> {
  const costs = await withPeople({}, (world) =>
    inTurn(concurrencies, (concurrency) => costOf(world, concurrency, say)),
  );
  const collector = await collectSpans();
  try {
    const tracing = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      // By default 2,048 spans wait for five seconds, and what is more is dropped.
      OTEL_BSP_SCHEDULE_DELAY: '500',
      OTEL_BSP_MAX_QUEUE_SIZE: '100000',
    };
    const stages = await withPeople(tracing, (world) =>
      inTurn(concurrencies, (concurrency) => stagesAt(world, concurrency, { collector, say })),
    );
    return { costs, stages };
  } finally {
    await collector.close();
  }
}

async function inTurn<T, R>(of: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of of) results.push(await work(one));
  return results;
}

interface World {
  readonly people: Awaited<ReturnType<typeof gatherPeople>>;
  readonly stack: Stack;
  readonly dataDir: string;
}

async function withPeople<T>(
  env: Readonly<Record<string, string>>,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-bench-'));
  const limits = { RATE_LIMIT_PUBLIC_PER_MINUTE: '1000000', RATE_LIMIT_PER_PERSON_PER_MINUTE: '1000000' };
  const envs = services.map((name) => [name, { ...env, ...(name === 'gateway' && limits) }] as const);
  const stack = await startStack({ dataDir, ports: 'free', env: Object.fromEntries(envs) });
  const api = new ApiClient(stack.gatewayUrl, { connections: 64 });
  try {
    const people = await gatherPeople(api);
    await runPayments(people, 64, 'many pairs', (taken) => taken < warmUpPayments);
    return await work({ people, stack, dataDir });
  } finally {
    await api.close();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function costOf({ people, stack, dataDir }: World, concurrency: number, say: Say): Promise<Cost> {
  const bytesBefore = await bytesOf(stack, dataDir);
  const cpuBefore = cpuOfDescendants();
  const { payments, perSecond, p50Ms, p99Ms } = await runFor(people, concurrency);
  const cpu = [...cpuOfDescendants()].map(
    ([name, ms]) => [name, ((ms - (cpuBefore.get(name) ?? 0)) * 1_000) / payments] as const,
  );
  const bytes = [...(await bytesOf(stack, dataDir))].map(
    ([name, size]) => [name, (size - (bytesBefore.get(name) ?? 0)) / payments] as const,
  );
  const figures = { concurrency, perSecond, p50Ms, p99Ms };
  const cost = { ...figures, cpuUsPerPayment: descending(cpu), bytesPerPayment: descending(bytes) };
  say(`${concurrency} at once: ${perSecond} payments/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`);
  say(`  CPU us: ${told(cost.cpuUsPerPayment)}`);
  say(`  bytes on disk: ${told(cost.bytesPerPayment)}`);
  return cost;
}

function runFor(people: World['people'], concurrency: number) {
  const until = performance.now() + measuredMs;
  return runPayments(people, concurrency, 'many pairs', () => performance.now() < until);
}

function descending(of: readonly (readonly [string, number])[]): Record<string, number> {
  const rounded = of.map(([name, value]) => [name, Math.round(value)] as const);
  return Object.fromEntries(rounded.filter(([, value]) => value > 0).sort(([, a], [, b]) => b - a));
}

function told(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** Of the engines that only append, their files; of PostgreSQL, whose log is used again, the tables. */
async function bytesOf(stack: Stack, dataDir: string): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for (const engine of ['event-store', 'kafka'])
    bytes.set(engine, await bytesIn(join(dataDir, 'engines', engine)));
  for (const name of databases) {
    const database = new Client(stack.databaseUrl(name));
    await database.connect();
    try {
      const { rows } = await database.query<{ size: string }>(
        `SELECT coalesce(sum(pg_total_relation_size(oid)), 0) AS size FROM pg_class
          WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN ('inbox', 'outbox')`,
      );
      bytes.set(`tables of ${name}`, Number(rows[0]?.size ?? 0));
    } finally {
      await database.end();
    }
  }
  return bytes;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    // Holes do not count: an index may be made long before it is full.
    if (!entry.isFile()) continue;
    const { size, blocks } = await stat(join(entry.parentPath, entry.name));
    bytes += Math.min(size, blocks * 512);
  }
  return bytes;
}

const spansArriveMs = 20_000;

async function stagesAt(
  { people }: World,
  concurrency: number,
  { collector, say }: { collector: SpanCollector; say: Say },
): Promise<Stages> {
  // What was before: its last spans come after it.
  await settled(collector);
  collector.clear();
  const { payments } = await runFor(people, concurrency);
  await settled(collector);
  const path = pathOf(collector.spans);
  if (path.followed === 0) throw new Error('no payment has all of its spans');
  say(`${concurrency} at once, ${path.followed} of ${payments} payments followed by their spans`);
  for (const { stage, p50Ms, p99Ms } of path.stages)
    say(`  ${stage.padEnd(54)} p50 ${p50Ms} ms, p99 ${p99Ms} ms`);
  return { concurrency, payments, ...path };
}

/** Until nothing comes any more for a while: the services send their spans twice a second. */
async function settled(collector: SpanCollector): Promise<void> {
  const until = performance.now() + spansArriveMs;
  for (let before = -1; before !== collector.spans.length && performance.now() < until;) {
    before = collector.spans.length;
    await sleep(2_000);
  }
}
