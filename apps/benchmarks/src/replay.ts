import { appendCheckpoint, BookTree, exportToFile, replayBook, signCheckpoint } from '@florin/books';
import { ledgerStream } from '@florin/contracts';
import { connectEventStore, type EventStore } from '@florin/event-store';
import { generateKey } from '@florin/proofs';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withEngine } from './engine-process.js';
import { writeLargeBook } from './large-book.js';
import type { Verified } from './verifier.js';

interface Figure {
  readonly seconds: number;
  readonly entriesPerSecond: number;
  /** Of all threads of the process, in µs: comparable where the machine has other work, too. */
  readonly cpuUsPerEntry: number;
}

interface ReplayFigures {
  readonly accounts: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** Read from the event store and verified, chain and rules. */
  readonly replay: Figure;
  readonly export: Figure & { readonly bytes: number };
  /** In a process of its own. */
  readonly verifyExport: Figure & { readonly peakRssMiB: number };
}

const accounts = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
const entries = Number(process.env['BENCH_ENTRIES'] ?? 1_000_000);
const ledger = 'it-eur';
const key = generateKey(`florin.example/ledger/${ledger}`);
const pagesPerCheckpoint = 50;

/** A long book, replayed from the event store, exported, and verified from the file alone; each once, as a command would. */
export function benchReplay(say: (line: string) => void): Promise<ReplayFigures> {
  return withEngine('event-store', process.env['FLORIN_TEST_ESDB'], async (url) => {
    const store = connectEventStore(url);
    const folder = await mkdtemp(join(tmpdir(), 'florin-bench-'));
    try {
      await writeLargeBook(store, { ledger, accounts, entries });
      const checkpoints = await sign(store);
      say(`${accounts} accounts, ${entries} entries and ${checkpoints} checkpoints written`);
      return {
        accounts,
        entries,
        checkpoints,
        ...(await measure(store, join(folder, 'book.ndjson.gz'), say)),
      };
    } finally {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function measure(
  store: EventStore,
  file: string,
  say: (line: string) => void,
): Promise<Pick<ReplayFigures, 'replay' | 'export' | 'verifyExport'>> {
  const replay = await figure(async () => {
    const { finding } = await replayBook(store, ledger, { currency: 'EUR' });
    if (finding !== undefined) throw new Error(finding.detail);
  });
  say(`replayed from the event store: ${replay.entriesPerSecond} entries/s`);
  const exported = await figure(() => exportToFile(store, file, { ledger }));
  const { size: bytes } = await stat(file);
  say(`exported: ${exported.entriesPerSecond} entries/s, ${Math.round(bytes / 2 ** 20)} MiB`);
  const verified = await verify(file);
  say(
    `verified from the export: ${verified.entriesPerSecond} entries/s, ${verified.peakRssMiB} MiB of memory`,
  );
  return { replay, export: { ...exported, bytes }, verifyExport: verified };
}

async function verify(file: string): Promise<ReplayFigures['verifyExport']> {
  const program = fileURLToPath(new URL('./verifier.js', import.meta.url));
  const verifier = fork(program, [file, key.verifier.toString()]);
  let verified: Verified | undefined;
  verifier.on('message', (message) => (verified = message as Verified));
  // After the last message.
  await once(verifier, 'close');
  if (verified === undefined) throw new Error('the export was not verified');
  const { seconds, cpuSeconds, peakRssMiB } = verified;
  return { ...rateOf(seconds, cpuSeconds), peakRssMiB };
}

async function figure(work: () => Promise<unknown>): Promise<Figure> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return rateOf((performance.now() - startedAt) / 1_000, (user + system) / 1e6);
}

function rateOf(seconds: number, cpuSeconds: number): Figure {
  return {
    seconds: Math.round(seconds * 100) / 100,
    entriesPerSecond: Math.round(entries / seconds),
    cpuUsPerEntry: Math.round((cpuSeconds / entries) * 1e8) / 100,
  };
}

/** Signs the book as a notary does, without waiting for time to pass; answers the number of checkpoints. */
async function sign(store: EventStore): Promise<number> {
  const tree = new BookTree(ledger, 'EUR');
  let last: Awaited<ReturnType<typeof appendCheckpoint>> | undefined;
  let pages = 0;
  const signHead = async (): Promise<void> => {
    const timeMs = tree.recordedAtMs;
    const head = { chain: tree.head.hash, timeMs, totals: tree.totals(), liabilities: undefined };
    const note = signCheckpoint({ size: tree.size, root: tree.root(), head }, key);
    last = await appendCheckpoint(store, ledger, { note, size: tree.size, keyId: key.id }, last);
  };
  for await (const page of store.read(ledgerStream(ledger))) {
    for (const event of page) tree.accept(event);
    tree.takeTiles();
    pages += 1;
    if (pages % pagesPerCheckpoint === 0) await signHead();
  }
  if (last?.size !== tree.size) await signHead();
  return (last?.number ?? -1) + 1;
}
