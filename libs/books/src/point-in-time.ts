import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, sha256, type EventStore, type StoredEvent } from '@florin/event-store';
import {
  createReplay,
  GENESIS,
  LedgerCorrupt,
  naturalBalance,
  readNext,
  type Account,
  type ChainHead,
  type EntryPosted,
  type LedgerEvent,
  type Replay,
} from '@florin/ledger';
import type { VerifierKey } from '@florin/proofs';
import { SnapshotReader } from './snapshots/reader.js';
import { SEGMENT_EVENTS, SnapshotUnusable } from './snapshots/record.js';

interface Place {
  readonly store: Pick<EventStore, 'read'>;
  readonly ledger: string;
  /** One of these must have signed the snapshots that an answer rests on. */
  readonly keys?: readonly VerifierKey[];
  /** Events of a segment, where it is not `SEGMENT_EVENTS`. */
  readonly segmentEvents?: number;
  /** Told why snapshots could not be used: the answer took a reading of all that came before. */
  readonly onFallback?: (reason: Error) => void;
}

/** A point in the history of a book: after a revision, or at an instant of its clock in ms since the epoch. */
export type Point = { readonly revision: bigint } | { readonly atMs: number };

/**
 * The last revision at a point; -1 where the book had none yet. A revision that is still to come is the last there is. For
 * an instant it reads a few events, each held against its own hash alone: what is then read up to the revision is verified, but
 * that it is the last of its time is as the store tells it. Throws LedgerCorrupt.
 */
export async function revisionAt({ store, ledger }: Place, point: Point): Promise<bigint> {
  const stream = ledgerStream(ledger);
  const last = await headOf(store, stream);
  if ('revision' in point) return point.revision < last ? point.revision : last;
  let [before, after] = [-1n, last + 1n];
  // `before` was recorded in time, `after` too late.
  while (after - before > 1n) {
    const middle = (before + after) / 2n;
    const stored = await eventAt(store, stream, middle);
    if (stored === undefined) throw new Error(`revision ${middle} of ${ledger} is missing`);
    if (readAlone(ledger, stored).recordedAt <= point.atMs) before = middle;
    else after = middle;
  }
  return before;
}

/**
 * The whole book at a revision, from the nearest snapshot before it and the events after that, which are verified. It knows
 * no ids with an outcome: for reading only. See `Replay.finding`.
 */
export async function bookAt(place: Place, revision: bigint): Promise<Replay> {
  return fromSnapshot(place, revision, async (segments) => {
    const { store, ledger } = place;
    const start = segments > 0 ? await readerOf(place).load(segments, { ids: false }) : undefined;
    const replay = createReplay(ledger, sha256, start === undefined ? {} : { start });
    for await (const page of eventsBetween(store, ledger, replay.head.revision + 1n, revision)) {
      for (const event of page) replay.accept(event);
      if (replay.finding !== undefined) break;
    }
    return replay;
  });
}

/** An account at a revision, in minor units on its natural side. */
export interface AccountAt {
  readonly account: Account;
  readonly revision: bigint;
  readonly balance: bigint;
}

/** One account at a revision, without reading the others; `undefined` where it was not open yet. */
export function accountAt(place: Place, account: string, revision: bigint): Promise<AccountAt | undefined> {
  return fromSnapshot(place, revision, async (segments) => {
    const { account: opened, closing } = await accountNear(place, segments, account, revision);
    return opened && { account: opened, revision, balance: naturalBalance(opened.class, closing) };
  });
}

interface Near {
  readonly account: Account | undefined;
  /** Debit balance at the revision. */
  readonly closing: bigint;
  /** The last whole segment that touched the account, or 0. */
  readonly segment: number;
}

interface Entry {
  readonly revision: bigint;
  readonly entry: EntryPosted;
}

/**
 * What the last whole segment has of an account, and the events after it, each held against the chain; `onEntry` is told of those
 * of them that moved the account.
 */
async function accountNear(
  place: Place,
  segments: number,
  id: string,
  revision: bigint,
  onEntry: (entry: Entry) => void = () => undefined,
): Promise<Near> {
  const reader = readerOf(place);
  const found = segments > 0 ? await reader.account(segments, id) : undefined;
  let closing = found?.row.debitBalance ?? 0n;
  let account = found?.row.account;
  const head = segments > 0 ? (await reader.record(segments)).head : GENESIS;
  for await (const { event, revision: at } of chained(place, head, revision)) {
    if (event.type === 'AccountOpened' && event.id === id) account = accountOf(event);
    if (event.type !== 'EntryPosted' || !moves(event, id)) continue;
    closing += movedBy(event, id);
    onEntry({ revision: at, entry: event });
  }
  return { account, closing, segment: found?.segment ?? 0 };
}

/** An entry that moved an account, and what the account held after it; natural sides, minor units. */
export interface AccountEntry {
  readonly revision: bigint;
  readonly entry: EntryPosted;
  readonly change: bigint;
  readonly balance: bigint;
}

/** What an account held after a revision, and every entry from there to another that moved it. */
export interface AccountHistory {
  readonly account: Account;
  readonly opening: bigint;
  readonly entries: readonly AccountEntry[];
}

/** Entries of an answer at most: a reader of more takes a shorter span. */
const MAX_ENTRIES = 100_000;

/** An account has more entries in a span than one answer holds. */
export class TooManyEntries extends RangeError {
  override readonly name = 'TooManyEntries';
}

/**
 * The entries of one account after the revision `from` (-1: from its first) up to and with `to`; `undefined` where it was not
 * open at `to`. Segments that did not touch the account are not read; those that did are read whole, and each of their events is
 * held against the chain between the heads that their records tell. Throws `TooManyEntries` for more than `maxEntries` (100,000 by
 * default), and LedgerCorrupt.
 */
export function accountHistory(
  place: Place,
  account: string,
  from: bigint,
  to: bigint,
  maxEntries = MAX_ENTRIES,
): Promise<AccountHistory | undefined> {
  return fromSnapshot(place, to, async (segments) => {
    const found: Entry[] = [];
    const take = (entry: Entry): void => {
      if (entry.revision <= from) return;
      found.push(entry);
      if (found.length > maxEntries)
        throw new TooManyEntries(`${account} has more than ${maxEntries} entries`);
    };
    const near = await accountNear(place, segments, account, to, take);
    if (near.account === undefined) return undefined;
    await earlierEntries(place, account, near.segment, from + 1n, take);
    const entries = found.toSorted((a, b) => (a.revision < b.revision ? -1 : 1));
    return historyOf(near.account, near.closing, entries, from);
  });
}

function historyOf(
  account: Account,
  closingDebit: bigint,
  found: readonly Entry[],
  from: bigint,
): AccountHistory {
  const { class: accountClass, id } = account;
  const changes = found.map(({ entry }) => naturalBalance(accountClass, movedBy(entry, id)));
  const closing = naturalBalance(accountClass, closingDebit);
  const opening = closing - changes.reduce((sum, change) => sum + change, 0n);
  if (from < 0n && opening !== 0n) {
    throw new SnapshotUnusable(`what the snapshot has of ${id} is not what its entries make`);
  }
  let balance = opening;
  const entries = found.map(({ entry, revision }, i) => {
    const change = changes[i] as bigint;
    balance += change;
    return { revision, entry, change, balance };
  });
  return { account, opening, entries };
}

/** Tells the entries from revision `first` on that moved an account, in the whole segments up to `last`, which touched it. */
async function earlierEntries(
  place: Place,
  account: string,
  last: number,
  first: bigint,
  take: (entry: Entry) => void,
): Promise<void> {
  const { segmentEvents = SEGMENT_EVENTS } = place;
  const reader = readerOf(place);
  for (let segment = last; BigInt(segment * segmentEvents) > first;) {
    const { head: due } = await reader.record(segment);
    let head = segment > 1 ? (await reader.record(segment - 1)).head : GENESIS;
    for await (const { event, head: reached } of chained(place, head, due.revision)) {
      head = reached;
      if (event.type === 'EntryPosted' && moves(event, account)) {
        take({ revision: reached.revision, entry: event });
      }
    }
    if (head.hash !== due.hash || head.revision !== due.revision) {
      throw new LedgerCorrupt(
        'chain_broken',
        `revision ${due.revision} was signed as ${due.hash}, but the events before it lead to ${head.hash} at revision ${head.revision}`,
      );
    }
    segment = (await reader.touches(segment, account)).before;
  }
}

/** Asks with as many segments as end at or before `revision`; again without any where their records cannot be used. */
async function fromSnapshot<T>(
  place: Place,
  revision: bigint,
  ask: (segments: number) => Promise<T>,
): Promise<T> {
  const { segmentEvents = SEGMENT_EVENTS } = place;
  const whole = Number((revision + 1n) / BigInt(segmentEvents));
  try {
    return await ask(Math.min(whole, await readerOf(place).segments()));
  } catch (error) {
    if (!(error instanceof SnapshotUnusable)) throw error;
    place.onFallback?.(error);
    return ask(0);
  }
}

function readerOf({ store, ledger, keys }: Place): SnapshotReader {
  return new SnapshotReader({ store, ledger, ...(keys && { keys }) });
}

/** The events after a head up to and with a revision, each held against the chain. Throws LedgerCorrupt. */
async function* chained(
  place: Place,
  after: ChainHead,
  last: bigint,
): AsyncGenerator<{ event: LedgerEvent; revision: bigint; head: ChainHead }> {
  const { store, ledger } = place;
  let head = after;
  for await (const page of eventsBetween(store, ledger, head.revision + 1n, last)) {
    for (const stored of page) {
      const next = readNext(ledger, sha256, head, stored);
      head = next.head;
      yield { ...next, revision: stored.revision };
    }
  }
}

function eventsBetween(store: Place['store'], ledger: string, first: bigint, last: bigint) {
  return first > last
    ? []
    : store.read(ledgerStream(ledger), { from: first, maxCount: Number(last - first) + 1 });
}

/** An event by itself, held against its own hash, not against the chain. Throws LedgerCorrupt. */
function readAlone(ledger: string, stored: StoredEvent): LedgerEvent {
  const { prev } = (stored.metadata ?? {}) as { prev?: unknown };
  return readNext(ledger, sha256, { revision: stored.revision - 1n, hash: String(prev) }, stored).event;
}

/** The debit amount of an entry's posting to an account; 0 where it has none. */
function movedBy({ postings }: EntryPosted, account: string): bigint {
  return postings.find((posting) => posting.account === account)?.amount ?? 0n;
}

/** Whether an entry is one of an account: a posting of it is never of zero. */
function moves(entry: EntryPosted, account: string): boolean {
  return movedBy(entry, account) !== 0n;
}

function accountOf(event: Account): Account {
  const { id, owner, class: accountClass, chart, currency, floor, testMoney } = event;
  return { id, owner, class: accountClass, chart, currency, floor, testMoney };
}
