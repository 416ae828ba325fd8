import { LedgerWriter } from '@florin/books';
import { connectEventStore } from '@florin/event-store';
import { openingOf, transferOf } from './large-book.js';
import { percentile } from './measure.js';
import type { GrowthMessage, GrowthTask } from './growth.js';

/** Run by `growth.ts` in a process of its own, with the collector at hand: the wallet's writer, and nothing else, on a book that grows. */
const underWay = 500;
const windowMs = 7 * 24 * 3_600_000;

process.on('disconnect', () => process.exit());
process.once('message', (task: GrowthTask) => {
  run(task).catch((error: unknown) => send({ error: String(error) }));
});

async function run({ url, accounts, transfers, samples, transfersInWindow }: GrowthTask): Promise<void> {
  const startMs = Date.now();
  let done = 0;
  // A clock on which so many transfers take the seven days for which ids are remembered.
  const nowMs = () => startMs + (transfersInWindow === undefined ? 0 : (done / transfersInWindow) * windowMs);
  const clock = transfersInWindow === undefined ? Date.now : () => Math.floor(nowMs());
  const store = connectEventStore(url);
  const writer = new LedgerWriter({ ledger: 'it-eur', currency: 'EUR', store, nowMs: clock });
  const submit = async (command: Parameters<LedgerWriter['submit']>[0]): Promise<void> => {
    const { outcome } = await writer.submit(command);
    if (outcome !== 'accepted') throw new Error(`a command was ${outcome}`);
  };
  await submit(openingOf(0));
  const before = bytesInUse();
  await atOnce(accounts - 1, (index) => submit(openingOf(index + 1)));
  send({ bytesPerAccount: Math.round((bytesInUse() - before) / accounts) });
  for (let sample = 0; sample < samples; sample += 1) {
    const latenciesMs: number[] = [];
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    const count = Math.floor(transfers / samples);
    await atOnce(count, async () => {
      const sentAt = performance.now();
      await submit(transferOf(done++, accounts, clock()));
      latenciesMs.push(performance.now() - sentAt);
    });
    const { user, system } = process.cpuUsage(cpu);
    send({
      sample: {
        transfers: done,
        perSecond: Math.round((count / (performance.now() - startedAt)) * 1_000),
        cpuUsPerTransfer: Math.round(((user + system) / count) * 10) / 10,
        p50Ms: percentile(latenciesMs, 50),
        p99Ms: percentile(latenciesMs, 99),
        bytesInUse: bytesInUse(),
      },
    });
  }
  await store.close();
  send('done');
}

async function atOnce(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: underWay }, worker));
}

/** What is left when everything that can be has been collected. */
function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function send(message: GrowthMessage): void {
  process.send?.(message);
}
