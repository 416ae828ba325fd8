import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { EventStoreUnavailable, sha256, type NewEvent } from '@florin/event-store';
import {
  canonicalEvent,
  createReplay,
  GENESIS,
  schemaOf,
  trialBalance,
  type AccountState,
  type LedgerState,
  type StoredRecord,
} from '@florin/ledger';
import {
  formatCheckpoint,
  formatLedgerHead,
  formatNote,
  leafHash,
  MerkleFrontier,
  parseCheckpoint,
  parseLedgerHead,
  parseNote,
  SignerKey,
  signNote,
  type ClassTotal,
  type LiabilitiesHead,
} from '@florin/proofs';
import { MemoryStore } from '../memory-store.spec.js';

/** What the specs of exports share; holds no test itself. */

export const ORIGIN = 'florin.example/ledger/it-eur';
export const key = new SignerKey(ORIGIN, 'ed25519', Buffer.alloc(32, 7));
export const otherKey = new SignerKey(ORIGIN, 'ed25519', Buffer.alloc(32, 8));

/** A book as a released version of the stored form wrote it: with one of each of its events. */
export function releasedBook(version: 1 | 2): StoredRecord[] {
  const file = new URL(`../../../ledger/src/versions/${version}.ndjson`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const record = JSON.parse(line) as StoredRecord;
    return { ...record, revision: BigInt(record.revision) };
  });
}

export interface Note {
  readonly note: string;
  readonly size: number;
}

/** Checkpoints after so many events of a sound book. */
export function checkpointsAt(book: readonly StoredRecord[], sizes: readonly number[], signer = key): Note[] {
  const tree = new MerkleFrontier();
  const notes: Note[] = [];
  const replay = createReplay('it-eur', sha256, {
    onEvent: (_event, revision, text) => {
      tree.append(leafHash(text));
      const size = Number(revision) + 1;
      const chain = sha256(text);
      if (sizes.includes(size)) notes.push({ size, note: noteOf(tree, chain, summed(replay.state), signer) });
    },
  });
  for (const record of book) replay.accept(record);
  return notes;
}

interface Summed {
  readonly totals: readonly ClassTotal[];
  readonly liabilities: LiabilitiesHead | undefined;
}

/** By sums of its own. The root stands for one: nobody looks at it who has not the salts. */
function summed(state: LedgerState): Summed {
  const mine = ({ account }: AccountState): boolean =>
    account.owner !== null && account.class === 'liability' && account.currency === state.currency;
  const credits = [...state.accounts.values()].filter(mine).map(({ debitBalance }) => -debitBalance);
  const total = credits.filter((credit) => credit > 0n).reduce((sum, credit) => sum + credit, 0n);
  const liabilities = { root: Buffer.alloc(32, 3), total, count: credits.length };
  return { totals: totalsOf(state), liabilities };
}

function totalsOf(state: LedgerState): ClassTotal[] {
  const currencies = [state.currency, ...state.assets.keys()];
  return currencies.flatMap((currency) =>
    trialBalance(state, currency).byClass.map(({ class: accountClass, debits, credits }) => ({
      ...{ currency, class: accountClass, debits, credits },
    })),
  );
}

export function noteOf(
  tree: MerkleFrontier,
  chain: string,
  said: Summed,
  signer = key,
  origin = ORIGIN,
): string {
  const head = formatLedgerHead({ chain, timeMs: Date.UTC(2026, 11, 1), ...said });
  const text = formatCheckpoint({ origin, size: BigInt(tree.size), root: tree.root(), extensions: head });
  return formatNote({ text, signatures: [signNote(text, signer)] });
}

/** An event store that holds a book and checkpoints of it. */
export async function storeOf(
  book: readonly StoredRecord[],
  notes: readonly Note[] = [],
): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append('ledger-it-eur', book as unknown as NewEvent[], 'no_stream');
  const signed = notes.map((data) => ({ id: sha256(data.note), type: 'CheckpointSigned', data }));
  await store.append('checkpoints-it-eur', signed, 'no_stream');
  return store;
}

/** The same streams in pages of so many events; the connection is lost before the page of this number. */
export function inPages(store: MemoryStore, size: number, lostAtPage = Infinity): Pick<MemoryStore, 'read'> {
  return {
    async *read(stream, options) {
      let number = 0;
      for await (const events of store.read(stream, options)) {
        for (let at = 0; at < events.length; at += size) {
          if ((number += 1) > lostAtPage) throw new EventStoreUnavailable('the connection is lost');
          yield events.slice(at, at + size);
        }
      }
    },
  };
}

export const linesOf = (file: string): string[] =>
  gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');

/** Writes lines as an export that is not compressed, whatever they say. */
export async function written(file: string, lines: readonly string[]): Promise<string> {
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

interface EventLine {
  schema: number;
  type: string;
  data: unknown;
  revision?: number;
  ledger?: string;
}

const isEvent = (line: string): boolean => line.startsWith('{"data":');

/** The same lines as a forger without a key leaves them: the chain made anew, the end too; checkpoints as they were. */
export function resealed(lines: readonly string[]): string[] {
  let prev = GENESIS.hash;
  let revision = -1;
  const counts = { checkpoints: 0, entries: 0, events: 0 };
  return lines.map((line) => {
    if (isEvent(line)) {
      revision += 1;
      counts.events += 1;
      const { schema, type, data } = JSON.parse(line) as EventLine;
      if (type === 'EntryPosted') counts.entries += 1;
      const text = canonicalEvent(prev, { schema, ledger: 'it-eur', revision: BigInt(revision), type, data });
      prev = sha256(text);
      return text;
    }
    if (line.startsWith('{"checkpoint":')) counts.checkpoints += 1;
    if (!line.startsWith('{"end":')) return line;
    const { checkpoints, entries, events } = counts;
    return JSON.stringify({ end: { checkpoints, entries, events, hash: prev, revision } });
  });
}

/** Signs every checkpoint of these lines anew, for what stands before it: what only the holder of a key can do. */
export function resigned(lines: readonly string[], signer: SignerKey): string[] {
  const tree = new MerkleFrontier();
  let chain = GENESIS.hash;
  return lines.map((line) => {
    if (isEvent(line)) {
      tree.append(leafHash(line));
      chain = sha256(line);
    }
    if (!line.startsWith('{"checkpoint":')) return line;
    const { checkpoint } = JSON.parse(line) as { checkpoint: string };
    const { liabilities } = parseLedgerHead(parseCheckpoint(parseNote(checkpoint).text).extensions);
    const totals = [...checkpoint.matchAll(/^total (\S+) (\S+) (\d+) (\d+)$/gm)].map(
      ([, currency = '', name = '', debits = '', credits = '']) => ({
        ...{ currency, class: name, debits: BigInt(debits), credits: BigInt(credits) },
      }),
    );
    return JSON.stringify({ checkpoint: noteOf(tree, chain, { totals, liabilities }, signer) });
  });
}

/** Records as `canonicalEvent` knows them, as an export would have them. */
export function textsOf(book: readonly StoredRecord[]): string[] {
  let prev = GENESIS.hash;
  return book.map(({ type, data, revision, metadata }) => {
    const text = canonicalEvent(prev, {
      schema: schemaOf(metadata) as number,
      ledger: 'it-eur',
      revision,
      type,
      data,
    });
    prev = sha256(text);
    return text;
  });
}
