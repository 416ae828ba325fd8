import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore } from '@florin/embedded';
import { latestCheckpoint, LiabilityProver, Notary, type LiabilityDocument } from '@florin/books';
import { connectEventStore, type NewEvent, type StoredEvent } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type LedgerCommand,
  type LedgerEvent,
  type OpenAccount,
} from '@florin/ledger';
import { generateKey, type SignerKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { runAuditor } from './auditor.js';

const now = Date.UTC(2026, 10, 2, 12);
export const source = account('source:test-money', null, {
  class: 'asset',
  chart: '1900',
  floor: null,
  testMoney: true,
});
export const anna = account('wallet:anna', 'anna');
export const bruno = account('wallet:bruno', 'bruno');

function account(id: string, owner: string | null, rest: Partial<OpenAccount> = {}): OpenAccount {
  const wallet = { class: 'liability', chart: '2010', floor: 0n, testMoney: false } as const;
  return { type: 'OpenAccount', account: id, owner, ...wallet, ...rest };
}

export function entry(
  n: number,
  debit: string,
  credit: string,
  amount: bigint,
  currency = 'EUR',
): LedgerCommand {
  const time = now.toString(16).padStart(12, '0');
  return {
    type: 'PostEntry',
    entryId: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`,
    kind: n === 1 ? 'test-funding' : 'p2p',
    currency,
    postings: [
      { account: debit, amount },
      { account: credit, amount: -amount },
    ],
    reference: `payment-${n}`,
  };
}

/** Anna gets 200.00, sends Bruno 12.50 and 5.00, and fails to send 500.00. */
export function story(): LedgerEvent[] {
  const commands = [
    source,
    anna,
    bruno,
    entry(1, source.account, anna.account, 20_000n),
    entry(2, anna.account, bruno.account, 1_250n),
    entry(3, anna.account, bruno.account, 50_000n),
    entry(4, anna.account, bruno.account, 500n),
  ];
  return decided('it-eur', 'EUR', commands);
}

export function decided(ledger: string, currency: string, commands: readonly LedgerCommand[]): LedgerEvent[] {
  let state = emptyLedger(ledger, currency);
  return commands.flatMap((command) => {
    const { events } = decide(state, command, now);
    state = events.reduce(evolve, state);
    return events;
  });
}

export function sealed(events: readonly LedgerEvent[], ledger = 'it-eur'): NewEvent[] {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const sealer = createSealer(ledger, sha256, GENESIS);
  return events.map((event) => sealer.seal(event));
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function run(args: string[], terminal = false, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  let out = '';
  let err = '';
  const code = await runAuditor(args, {
    env,
    out: (text) => (out += text),
    err: (text) => (err += text),
    terminal,
    untilStopped: () => Promise.resolve(),
  });
  return { code, out, err };
}

type Audit = (...args: string[]) => Promise<Result>;

/** Runs commands of the auditor against an event store that holds just these events, of `it-eur` or by book. */
export async function over(
  events: readonly NewEvent[] | Readonly<Record<string, readonly NewEvent[]>>,
  ask: (audit: Audit, url: string) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-auditor-'));
  const server = await startEventStore({ dataDir });
  try {
    const store = connectEventStore(server.url);
    for (const [ledger, own] of Object.entries(Array.isArray(events) ? { 'it-eur': events } : events)) {
      for (let i = 0; i < own.length; i += 500) {
        await store.append(`ledger-${ledger}`, own.slice(i, i + 500), i === 0 ? 'no_stream' : BigInt(i - 1));
      }
    }
    await store.close();
    await ask((...args) => run([...args, '--url', server.url]), server.url);
  } finally {
    await server.close();
    await rm(dataDir, { recursive: true });
  }
}

export function json(result: Result): unknown {
  return JSON.parse(result.out);
}

/** Eight events of `it-eur`, and the hash of the last. */
export const history = sealed(story());
export const head = (history.at(-1)?.metadata as { hash: string }).hash;

/** Signs `it-eur`. */
export const signer = generateKey('florin.example/ledger/it-eur');

/** What the secrets of liabilities are made of. */
export const liabilitiesSecret = 'a secret for specs, not so short';

/** Has the book signed as far as it goes, or its first events alone. */
export async function sign(url: string, by: SignerKey = signer, size = history.length): Promise<void> {
  const store = connectEventStore(url);
  // All at once, however they arrive: nothing in between is signed.
  const due: StoredEvent[] = [];
  const shorter: typeof store.subscribe = (stream, options, handler) =>
    store.subscribe(stream, options, async (batch) => {
      due.push(...batch.filter(({ revision }) => revision >= due.length && revision < size));
      if (due.length === size) await handler(due);
    });
  const { append, read } = store;
  const notary = new Notary({
    ...{ ledger: 'it-eur', currency: 'EUR', signer: by, everyEntries: 1_000, everyMs: 10 },
    liabilities: { secret: liabilitiesSecret, everyMs: 3_600_000 },
    store: { append: append.bind(store), read: read.bind(store), subscribe: shorter },
    nowMs: () => Date.UTC(2026, 10, 2, 13),
  });
  notary.start();
  await eventually(async () => expect((await latestCheckpoint(store, 'it-eur'))?.size).toBe(size));
  await notary.stop();
  await store.close();
}

/** What somebody is answered who asks for the proof of what is owed to them. */
export async function owedTo(url: string, person: string): Promise<LiabilityDocument> {
  const store = connectEventStore(url);
  const prover = new LiabilityProver({
    ...{ ledger: 'it-eur', store, keys: [signer.verifier], secret: liabilitiesSecret },
  });
  const checkpoint = await prover.checkpoint();
  const document = checkpoint && (await prover.prove(checkpoint, `wallet:${person}`, person));
  await store.close();
  if (document === undefined) throw new Error(`nothing is owed to ${person}`);
  return document;
}
