import { eventProof, latestCheckpoint, Notary, proveConsistency } from '@florin/books';
import { connectEventStore, type EventStore } from '@florin/event-store';
import { generateKey } from '@florin/proofs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withEngine } from './engine-process.js';
import { writeLargeBook } from './large-book.js';
import { percentile, timed } from './measure.js';

interface ProofFigures {
  readonly events: number;
  /** How fast a notary follows a history that it has not seen: verifies it, stores its tiles, signs every 1,000 events. */
  readonly notarisedPerSecond: number;
  /** One at a time, each verified: the proof of an event under the newest checkpoint, with the event itself. */
  readonly inclusionMs: Times;
  /** From any size to that of the newest checkpoint. */
  readonly consistencyMs: Times;
}

interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const accounts = Number(process.env['BENCH_ACCOUNTS'] ?? 100_000);
const entries = Number(process.env['BENCH_ENTRIES'] ?? 1_000_000);
const proofs = 500;
const ledger = 'it-eur';
const signer = generateKey(`florin.example/ledger/${ledger}`);

/** Proofs over a book with a long history; nothing is kept in memory from one to the next. */
export function benchProofs(say: (line: string) => void): Promise<ProofFigures> {
  return withEngine('event-store', undefined, async (url) => {
    const store = connectEventStore(url);
    try {
      await writeLargeBook(store, { ledger, accounts, entries });
      say(`${accounts} accounts and ${entries} entries written`);
      return await measure(store, say);
    } finally {
      await store.close();
    }
  });
}

async function measure(store: EventStore, say: (line: string) => void): Promise<ProofFigures> {
  const events = accounts + entries + 1;
  const seconds = await notarise(store, events);
  const notarisedPerSecond = Math.round(events / seconds);
  say(`${events} events verified, stored in tiles and signed: ${notarisedPerSecond} per second`);
  const checkpoint = await latestCheckpoint(store, ledger);
  if (checkpoint === undefined) throw new Error('nothing was signed');
  const inclusionMs = await times((at) =>
    eventProof(store, ledger, at % events, checkpoint, [signer.verifier]),
  );
  say(`inclusion: ${inclusionMs.p50} ms, p99 ${inclusionMs.p99} ms, at most ${inclusionMs.max} ms`);
  const consistencyMs = await times((at) => proveConsistency(store, ledger, 1 + (at % events), events));
  say(`consistency: ${consistencyMs.p50} ms, p99 ${consistencyMs.p99} ms, at most ${consistencyMs.max} ms`);
  return { events, notarisedPerSecond, inclusionMs, consistencyMs };
}

/** Seconds until everything is signed. */
async function notarise(store: EventStore, events: number): Promise<number> {
  const notary = new Notary({
    ...{ ledger, currency: 'EUR', store, signer, everyEntries: 1_000, everyMs: 1_000, nowMs: Date.now },
  });
  const seconds = await timed(1, 1, async () => {
    notary.start();
    while ((await latestCheckpoint(store, ledger))?.size !== events) {
      if (notary.refusal !== undefined) throw notary.refusal;
      await sleep(100);
    }
  });
  await notary.stop();
  return seconds;
}

/** Places all over the history, none near another: multiples of a large prime. */
async function times(prove: (at: number) => Promise<unknown>): Promise<Times> {
  const taken: number[] = [];
  for (let i = 1; i <= proofs; i += 1) {
    taken.push((await timed(1, 1, () => prove(i * 15_485_863))) * 1_000);
  }
  return { p50: percentile(taken, 50), p99: percentile(taken, 99), max: percentile(taken, 100) };
}
