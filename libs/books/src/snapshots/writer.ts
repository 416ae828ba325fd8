import { randomUUID } from 'node:crypto';
import { sha256, type EventStore, type NewEvent } from '@florin/event-store';
import {
  holdsByAccount,
  outcomeId,
  packIds,
  summaryOf,
  type AccountState,
  type ChainHead,
  type LedgerEvent,
  type LedgerState,
} from '@florin/ledger';
import type { SignerKey } from '@florin/proofs';
import { encodeAccounts, encodeTouches, type TouchedRow } from './accounts-codec.js';
import {
  chunkStream,
  event,
  idStream,
  recordEvent,
  recordStream,
  SEGMENT_EVENTS,
  type AccountChunk,
  type Chunk,
} from './record.js';

/** Accounts of a chunk, some 100 bytes each: few, for one of them to be found quickly. */
const CHUNK_ACCOUNTS = 512;
/** Chunks of one append, which may have 1 MiB. */
const CHUNKS_AT_ONCE = 8;
/** Characters of a piece of a summary. */
const PIECE_LENGTH = 100_000;

/** The accounts that some segments in a row touched, and the last of them that did. */
export interface Touched {
  readonly covers: number;
  readonly accounts: Map<string, number>;
}

export interface SnapshotPlace {
  /** Segments that have a record. */
  readonly segments: number;
  /** What the records of `chainOf(segments)` cover, the oldest first. */
  readonly touched: readonly Touched[];
  readonly idChain: string;
}

/** Before the first record. */
export const NO_SNAPSHOT: SnapshotPlace = { segments: 0, touched: [], idChain: '0'.repeat(64) };

interface Deps {
  readonly store: Pick<EventStore, 'append'>;
  readonly ledger: string;
  /** Signs each record. */
  readonly key?: SignerKey;
  readonly segmentEvents?: number;
}

/**
 * Writes a record at the end of each segment of a book. It is handed every event after its place, in order, with the book
 * after it: what it writes is as true as what it was handed. Of two writers one wins (the appends say at which segment they
 * are to stand), and the other's append throws `WrongExpectedRevision`.
 */
export class SnapshotWriter {
  #segments: number;
  #idChain: string;
  #touched: readonly Touched[];
  /** The account of each hold that is or was open since. */
  readonly #holders = new Map<string, string>();
  #ids: string[] = [];
  #touches = new Map<string, number[]>();
  /** Revision of the last event that was noted. */
  #noted = -1n;

  /** Goes on at a place; `state` is the book there. */
  constructor(
    private readonly deps: Deps,
    place: SnapshotPlace = NO_SNAPSHOT,
    state?: LedgerState,
  ) {
    this.#segments = place.segments;
    this.#idChain = place.idChain;
    this.#touched = place.touched;
    for (const { id, account } of state?.holds.values() ?? []) this.#holders.set(id, account);
  }

  /**
   * Takes the next event in; resolves when the record that it completes, if any, is stored. Where that failed, the same event
   * is to be handed over again.
   */
  async take(taken: LedgerEvent, state: LedgerState, head: ChainHead): Promise<void> {
    const { segmentEvents = SEGMENT_EVENTS } = this.deps;
    const at = Number(head.revision % BigInt(segmentEvents));
    if (head.revision !== this.#noted) this.#note(taken, at);
    this.#noted = head.revision;
    if (at === segmentEvents - 1) await this.#write(state, head);
  }

  #note(taken: LedgerEvent, at: number): void {
    const id = outcomeId(taken);
    if (id !== undefined) this.#ids.push(id);
    if (taken.type === 'HoldPlaced') this.#holders.set(taken.holdId, taken.account);
    for (const account of this.#accountsOf(taken)) {
      const own = this.#touches.get(account);
      if (own === undefined) this.#touches.set(account, [at]);
      else own.push(at);
    }
  }

  #accountsOf(event: LedgerEvent): readonly string[] {
    switch (event.type) {
      case 'AccountOpened':
        return [event.id];
      case 'EntryPosted':
        return event.postings.map(({ account }) => account);
      case 'HoldPlaced':
      case 'AccountFrozen':
      case 'AccountUnfrozen':
      case 'AccountClosed':
        return [event.account];
      case 'HoldExtended':
        return [this.#holderOf(event.holdId)];
      case 'HoldReleased':
      case 'HoldExpired': {
        const holder = this.#holderOf(event.holdId);
        this.#holders.delete(event.holdId);
        return [holder];
      }
      case 'LedgerCreated':
      case 'EntryRejected':
      case 'PeriodClosed':
      case 'AssetDefined':
        return [];
      default:
        throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
    }
  }

  #holderOf(holdId: string): string {
    const account = this.#holders.get(holdId);
    if (account === undefined) throw new Error(`hold ${holdId} is touched but is not known`);
    return account;
  }

  async #write(state: LedgerState, head: ChainHead): Promise<void> {
    const { store, ledger, key } = this.deps;
    const segment = this.#segments + 1;
    const touches = [...this.#touches]
      .sort(byAccount)
      .map(([id, at]) => [id, { at, before: this.#lastTouch(id) }] as const);
    const ids = Buffer.from(packIds(this.#ids).buffer).toString('base64');
    const { recordedAt } = state;
    const idChain = nextIdChain(this.#idChain, { ids, recordedAt });
    const accountsHere = new Map(touches.map(([account]) => [account, segment]));
    const touched = withOneMore(this.#touched, { covers: 1, accounts: accountsHere });
    const { covers, accounts } = touched.at(-1) as Touched;
    const rows = rowsOf([...accounts].sort(byAccount), state);
    const record = {
      ...{ segment, covers, idChain },
      accounts: await this.#accountChunks(rows, ({ row }) => row.account.id, encodeAccounts),
      touches: await this.#accountChunks(touches, ([account]) => account, encodeTouches),
      summary: await this.#putChunks(pieces(JSON.stringify(summaryOf(state)))),
    };
    const before = segment === 1 ? 'no_stream' : BigInt(segment - 2);
    await store.append(idStream(ledger), [event('OutcomeIds', { recordedAt, ids })], before);
    await store.append(recordStream(ledger), [recordEvent({ ledger, segment, head }, record, key)], before);
    this.#segments = segment;
    this.#touched = touched;
    this.#idChain = idChain;
    this.#ids = [];
    this.#touches = new Map();
  }

  async #accountChunks<Item>(
    items: readonly Item[],
    idOf: (item: Item) => string,
    encode: (items: readonly Item[]) => string,
  ): Promise<AccountChunk[]> {
    const parts: Item[][] = [];
    for (let i = 0; i < items.length; i += CHUNK_ACCOUNTS) parts.push(items.slice(i, i + CHUNK_ACCOUNTS));
    const chunks = await this.#putChunks(parts.map(encode));
    return chunks.map((chunk, i) => ({ ...chunk, first: idOf((parts[i] as Item[])[0] as Item) }));
  }

  /** The last segment that touched an account before this one; 0 where none has. */
  #lastTouch(account: string): number {
    return this.#touched.findLast(({ accounts }) => accounts.has(account))?.accounts.get(account) ?? 0;
  }

  /** Those of a record that was never written lie about unused. */
  async #putChunks(texts: readonly string[]): Promise<Chunk[]> {
    const { store, ledger } = this.deps;
    const chunks: Chunk[] = [];
    for (let i = 0; i < texts.length; i += CHUNKS_AT_ONCE) {
      const some = texts.slice(i, i + CHUNKS_AT_ONCE);
      const stored = some.map((text): NewEvent => ({
        ...{ id: randomUUID(), type: 'SnapshotChunk', data: { text }, metadata: {} },
      }));
      const { revision } = await store.append(chunkStream(ledger), stored, 'any');
      const first = Number(revision) + 1 - some.length;
      chunks.push(...some.map((text, n) => ({ at: first + n, sha256: sha256(text) })));
    }
    return chunks;
  }
}

/** As a binary counter counts: two of one size become one of the next, so the last covers what `coverOf` says. */
function withOneMore(touched: readonly Touched[], one: Touched): Touched[] {
  const below = touched.at(-1);
  if (below?.covers !== one.covers) return [...touched, one];
  const accounts = new Map([...below.accounts, ...one.accounts]);
  return withOneMore(touched.slice(0, -1), { covers: 2 * one.covers, accounts });
}

/** What of a segment has an outcome: its ids in base64, and when its last event was recorded, which tells how far back a start reads. */
export interface SegmentIds {
  readonly ids: string;
  readonly recordedAt: number;
}

/** The link of the chain of ids after those of one more segment. */
export function nextIdChain(before: string, { ids, recordedAt }: SegmentIds): string {
  return sha256(`${before}${recordedAt} ${sha256(ids)}`);
}

function rowsOf(accounts: readonly (readonly [string, number])[], state: LedgerState): TouchedRow[] {
  const holds = holdsByAccount(state);
  return accounts.map(([id, segment]) => {
    const row = state.accounts.get(id) as AccountState;
    return { row: { ...row, holds: holds.get(id) ?? [] }, segment };
  });
}

function byAccount([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : 1;
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let i = 0; i < text.length; i += PIECE_LENGTH) found.push(text.slice(i, i + PIECE_LENGTH));
  return found;
}
