import { eventAt, headOf, sha256, type EventStore, type StoredEvent } from '@florin/event-store';
import { ledgerStream } from '@florin/contracts';
import {
  ENTRY_ID_AHEAD_MS,
  ENTRY_ID_WINDOW_MS,
  restoreBook,
  type BookAt,
  type BookSummary,
  type ChainHead,
} from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { z } from 'zod';
import {
  decodeAccounts,
  decodeTouches,
  type StoredAccounts,
  type TouchedRow,
  type Touches,
} from './accounts-codec.js';
import { NewestRows } from './newest-rows.js';
import {
  chainOf,
  chunkStream,
  idStream,
  readRecord,
  recordStream,
  SnapshotUnusable,
  type AccountChunk,
  type Chunk,
  type SnapshotRecord,
} from './record.js';
import { nextIdChain, NO_SNAPSHOT, type SegmentIds, type SnapshotPlace } from './writer.js';

/** Segments whose ids are read at once: some 200 KB each. */
const ID_PAGE = 32;
/** Chunks, some 60 KB each, that are in memory at once. */
const CHUNKS_OF_A_READ = 64;

interface Deps {
  readonly store: Pick<EventStore, 'read'>;
  readonly ledger: string;
  /** One of these must have signed each record; without them, a record is only held against itself and the log. */
  readonly keys?: readonly VerifierKey[];
}

/** A book as its snapshots have it, at the end of a segment. */
export interface Snapshot extends BookAt {
  /** Number of the segment. */
  readonly segment: number;
}

interface FoundRecord {
  readonly record: SnapshotRecord;
  readonly head: ChainHead;
}

/** Reads the snapshots of a book. Whatever is not as it was written throws `SnapshotUnusable`. */
export class SnapshotReader {
  /** Records that were read, for as long as this reader is asked: an account is looked for in several. */
  readonly #records = new Map<number, Promise<FoundRecord>>();

  constructor(private readonly deps: Deps) {}

  /** How many segments have a record. */
  async segments(): Promise<number> {
    return Number(await headOf(this.deps.store, recordStream(this.deps.ledger))) + 1;
  }

  /** The book at the end of a segment. Without `ids` it does not know which ids have an outcome: for reading only. */
  async load(segment: number, { ids }: { readonly ids: boolean }): Promise<Snapshot> {
    return this.#book(await this.#chain(segment), ids, () => undefined);
  }

  /** The book at the end of a segment, and what it takes to write the snapshots that follow. */
  async resume(segment: number): Promise<Snapshot & { readonly place: SnapshotPlace }> {
    const chain = await this.#chain(segment);
    const touched = new Map(chain.map(({ record }) => [record, new Map<string, number>()]));
    const snapshot = await this.#book(chain, true, (record, { ids, segments }) => {
      ids.forEach((id, i) => touched.get(record)?.set(id, segments[i] as number));
    });
    const oldestFirst = [...touched].toReversed();
    const [{ record }] = chain as [FoundRecord];
    const place = {
      segments: segment,
      touched: oldestFirst.map(([{ covers }, accounts]) => ({ covers, accounts })),
      idChain: record.idChain,
    };
    return { ...snapshot, place };
  }

  /** The records that are the book at the end of a segment, the last one first. */
  async #chain(segment: number): Promise<readonly FoundRecord[]> {
    return Promise.all(chainOf(segment).map((at) => this.record(at)));
  }

  async #book(
    chain: readonly FoundRecord[],
    ids: boolean,
    onAccounts: (record: SnapshotRecord, accounts: StoredAccounts) => void,
  ): Promise<Snapshot> {
    const [{ record, head }] = chain as [FoundRecord];
    await this.#checkHead(head);
    const newest = new NewestRows();
    for (const found of chain) {
      await this.#eachAccounts(found.record, (accounts) => {
        onAccounts(found.record, accounts);
        newest.take(accounts);
      });
      newest.endRecord();
    }
    const summary = await this.#summary(record);
    const packed = ids ? await this.#ids(record, summary.recordedAt) : [];
    const state = usable(() => restoreBook(summary, newest.rows, packed));
    return { state, head, segment: record.segment };
  }

  /** An account at the end of a segment, and the last segment that touched it; `undefined` where it was not open yet. */
  async account(segment: number, id: string): Promise<TouchedRow | undefined> {
    for (const at of chainOf(segment)) {
      const { record } = await this.record(at);
      const chunk = chunkWith(record.accounts, id);
      const text = chunk && (await this.#text(chunk));
      const found = text && usable(() => accountIn(decodeAccounts(text), id));
      if (found) return found;
    }
    return undefined;
  }

  /** When a segment touched an account; throws where it did not. */
  async touches(segment: number, id: string): Promise<Touches> {
    const { record } = await this.record(segment);
    const chunk = chunkWith(record.touches, id);
    const text = chunk && (await this.#text(chunk));
    const found = text && usable(() => decodeTouches(text).get(id));
    if (!found) throw new SnapshotUnusable(`segment ${segment} does not say when it touched ${id}`);
    return found;
  }

  record(segment: number): Promise<FoundRecord> {
    const known = this.#records.get(segment) ?? this.#readRecord(segment);
    this.#records.set(segment, known);
    return known;
  }

  async #readRecord(segment: number): Promise<FoundRecord> {
    const { store, ledger, keys } = this.deps;
    const stored = await eventAt(store, recordStream(ledger), BigInt(segment - 1));
    if (stored === undefined) throw new SnapshotUnusable(`there is no record of segment ${segment}`);
    return usable(() => {
      const found = readRecord(stored.data, ledger, segment, keys);
      if (found.record.segment !== segment)
        throw new SnapshotUnusable(`segment ${segment} has another's record`);
      return found;
    });
  }

  /** That the log stands where the record says: else it is the snapshot of another history. */
  async #checkHead({ revision, hash }: ChainHead): Promise<void> {
    const { store, ledger } = this.deps;
    const stored = await eventAt(store, ledgerStream(ledger), revision);
    const { hash: found } = (stored?.metadata ?? {}) as { hash?: unknown };
    if (found === hash) return;
    throw new SnapshotUnusable(`the snapshot is of a chain that has ${hash} at revision ${revision}`);
  }

  /** In one read where they lie in a row, as they do unless two wrote at once. */
  async #eachAccounts({ accounts }: SnapshotRecord, take: (some: StoredAccounts) => void): Promise<void> {
    const { store, ledger } = this.deps;
    for (let next = 0; next < accounts.length;) {
      const from = BigInt((accounts[next] as AccountChunk).at);
      const maxCount = Math.min(CHUNKS_OF_A_READ, accounts.length - next);
      for await (const page of store.read(chunkStream(ledger), { from, maxCount })) {
        for (const stored of page) {
          const chunk = accounts[next];
          if (chunk === undefined || BigInt(chunk.at) !== stored.revision) break;
          usable(() => take(decodeAccounts(textOf(stored, chunk))));
          next += 1;
        }
      }
      if ((accounts[next - 1]?.at ?? -1) < Number(from)) throw missing(accounts[next] as Chunk);
    }
  }

  async #summary({ summary }: SnapshotRecord): Promise<BookSummary> {
    const pieces = await Promise.all(summary.map((chunk) => this.#text(chunk)));
    return usable(() => JSON.parse(pieces.join('')) as BookSummary);
  }

  async #text(chunk: Chunk): Promise<string> {
    const { store, ledger } = this.deps;
    return textOf(await eventAt(store, chunkStream(ledger), BigInt(chunk.at)), chunk);
  }

  /** The ids of as many segments, from the last back, as the window reaches; together they make the record's chain. */
  async #ids({ segment, idChain }: SnapshotRecord, clockMs: number): Promise<Uint32Array[]> {
    const { store, ledger } = this.deps;
    const since = clockMs - ENTRY_ID_WINDOW_MS - ENTRY_ID_AHEAD_MS;
    const found: SegmentIds[] = [];
    let first = segment + 1;
    for (let old = false; first > 1 && !old;) {
      const options = { direction: 'backwards', from: BigInt(first - 2), maxCount: ID_PAGE } as const;
      const before = first;
      for await (const page of store.read(idStream(ledger), options)) {
        for (const { data } of page) {
          if (old) continue;
          const one = usable(() => outcomeIdsSchema.parse(data));
          old = one.recordedAt < since;
          found.push(one);
          first -= 1;
        }
      }
      if (first === before) throw new SnapshotUnusable(`the ids of segment ${first - 1} are missing`);
    }
    let chain = first === 1 ? NO_SNAPSHOT.idChain : (await this.record(first - 1)).record.idChain;
    for (const one of found.toReversed()) chain = nextIdChain(chain, one);
    if (chain !== idChain) throw new SnapshotUnusable('the ids with an outcome are not those of the record');
    return usable(() => found.map(({ ids }) => packedIds(ids)));
  }
}

const outcomeIdsSchema = z.object({ ids: z.base64(), recordedAt: z.int() });

function packedIds(ids: string): Uint32Array {
  const bytes = Buffer.from(ids, 'base64');
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The chunk that has an account, if any has. */
function chunkWith(chunks: readonly AccountChunk[], id: string): AccountChunk | undefined {
  return chunks.findLast(({ first }) => first <= id);
}

function accountIn(accounts: StoredAccounts, id: string): TouchedRow | undefined {
  const at = accounts.ids.indexOf(id);
  return at < 0 ? undefined : { row: accounts.row(at), segment: accounts.segments[at] as number };
}

function textOf(stored: StoredEvent | undefined, chunk: Chunk): string {
  const { text } = (stored?.data ?? {}) as { text?: unknown };
  if (typeof text !== 'string' || sha256(text) !== chunk.sha256) throw missing(chunk);
  return text;
}

function missing({ at }: Chunk): SnapshotUnusable {
  return new SnapshotUnusable(`chunk ${at} is missing or was changed`);
}

/** What a reading throws of its own means that the snapshot cannot be used. */
function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SnapshotUnusable) throw error;
    throw new SnapshotUnusable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
