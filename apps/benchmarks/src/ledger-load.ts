import { batchSize, dialects, pairOf, type DialectName, type Shape } from './dialects.js';
import { HttpConnection } from './http-connection.js';
import { percentile } from './measure.js';

/** What the load generator is told, as its one message. */
export interface LoadTask {
  readonly url: string;
  readonly token?: string;
  readonly dialect: DialectName;
  readonly accounts: readonly string[];
  readonly shape: Shape;
  readonly concurrency: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

/** What it tells: `measuring` when the load is warm, then what was measured. */
export interface LoadFigures {
  readonly transfers: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of this process, while it measured. */
  readonly cpuMs: number;
}

/** A process of its own, so that what it costs is told apart; it ends with the one that started it. */
process.once('message', (task: LoadTask) => {
  run(task).then(
    (figures) => process.send?.({ figures }, () => process.exit(0)),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  );
});
process.on('disconnect', () => process.exit(1));

async function run(task: LoadTask): Promise<LoadFigures> {
  const dialect = dialects[task.dialect];
  const headers = dialect.headers(task.token);
  const latenciesMs: number[] = [];
  let next = 0;
  let transfers = 0;
  let measuring = false;
  let over = false;
  const worker = async (): Promise<void> => {
    const connection = new HttpConnection(new URL(task.url));
    while (!over) {
      const count = task.shape === 'batches of 50' ? batchSize : 1;
      const pairs = Array.from({ length: count }, () => pairOf(task.shape, task.accounts, next++));
      const [pair] = pairs;
      if (pair === undefined) throw new Error('there is nobody to pay');
      const { method, path, body } = count === 1 ? dialect.one(pair) : dialect.many(pairs);
      const sentAt = performance.now();
      const answer = await connection.request(method, path, headers, body);
      const done = dialect.done(answer, count);
      if (!measuring || over) continue;
      transfers += done;
      latenciesMs.push(performance.now() - sentAt);
    }
    connection.close();
  };
  const workers = Promise.all(Array.from({ length: task.concurrency }, worker));
  const until = (ms: number) => Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), workers]);
  await until(task.warmUpMs);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  process.send?.('measuring');
  measuring = true;
  await until(task.measuredMs);
  measuring = false;
  over = true;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await workers;
  const latencies = { p50Ms: percentile(latenciesMs, 50), p99Ms: percentile(latenciesMs, 99) };
  return { transfers, seconds, ...latencies, cpuMs: (user + system) / 1_000 };
}
