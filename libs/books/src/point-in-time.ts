import { ledgerStream } from '@florin/contracts';
import { eventAt, headOf, sha256, type EventStore } from '@florin/event-store';
import {
  createReplay,
  decodeRecord,
  GENESIS,
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

/** The last revision at a point; -1 where the book had none yet. A revision that is still to come is the last there is. */
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
    if (decodeRecord(stored).recordedAt <= point.atMs) before = middle;
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
  /** The entries after the whole segments that moved the account. */
  readonly tail: readonly Entry[];
}

interface Entry {
  readonly revision: bigint;
  readonly entry: EntryPosted;
}

/** What the last whole segment has of an account, and the events after it, each held against the chain. */
async function accountNear(place: Place, segments: number, id: string, revision: bigint): Promise<Near> {
  const reader = readerOf(place);
  const found = segments > 0 ? await reader.account(segments, id) : undefined;
  let closing = found?.row.debitBalance ?? 0n;
  let account = found?.row.account;
  const head = segments > 0 ? (await reader.record(segments)).head : GENESIS;
  const tail: Entry[] = [];
  for await (const { event, revision: at } of chained(place, head, revision)) {
    if (event.type === 'AccountOpened' && event.id === id) account = accountOf(event);
    if (event.type !== 'EntryPosted' || movedBy(event, id) === 0n) continue;
    closing += movedBy(event, id);
    tail.push({ revision: at, entry: event });
  }
  return { account, closing, segment: found?.segment ?? 0, tail };
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
const READS_AT_ONCE = 64;

/**
 * The entries of one account after the revision `from` (-1: from its first) up to and with `to`; `undefined` where it was not
 * open at `to`. Segments that did not touch the account are not read. Throws a RangeError for more than 100,000 entries.
 */
export function accountHistory(
  place: Place,
  account: string,
  from: bigint,
  to: bigint,
): Promise<AccountHistory | undefined> {
  return fromSnapshot(place, to, async (segments) => {
    const near = await accountNear(place, segments, account, to);
    if (near.account === undefined) return undefined;
    const earlier = await earlierEntries(place, account, near.segment, from + 1n);
    const entries = [...earlier, ...near.tail.filter(({ revision }) => revision > from)];
    const { class: accountClass } = near.account;
    const changes = entries.map(({ entry }) => naturalBalance(accountClass, movedBy(entry, account)));
    const closing = naturalBalance(accountClass, near.closing);
    const opening = closing - changes.reduce((sum, change) => sum + change, 0n);
    let balance = opening;
    return {
      account: near.account,
      opening,
      entries: entries.map(({ entry, revision }, i) => {
        const change = changes[i] as bigint;
        balance += change;
        return { revision, entry, change, balance };
      }),
    };
  });
}

/** The entries from revision `first` on that moved an account, in the whole segments up to `last`, which touched it. */
async function earlierEntries(
  place: Place,
  account: string,
  last: number,
  first: bigint,
): Promise<readonly Entry[]> {
  const { segmentEvents = SEGMENT_EVENTS } = place;
  const reader = readerOf(place);
  const revisions: bigint[] = [];
  for (let segment = last; BigInt(segment * segmentEvents) > first;) {
    const { at, before } = await reader.touches(segment, account);
    const start = BigInt((segment - 1) * segmentEvents);
    const touched = at.map((one) => start + BigInt(one)).filter((revision) => revision >= first);
    revisions.push(...touched.toReversed());
    if (revisions.length > MAX_ENTRIES)
      throw new RangeError(`${account} has more than ${MAX_ENTRIES} entries`);
    segment = before;
  }
  revisions.reverse();
  const found: Entry[] = [];
  for (let i = 0; i < revisions.length; i += READS_AT_ONCE) {
    const some = revisions.slice(i, i + READS_AT_ONCE);
    for (const { event, revision } of await Promise.all(some.map((at) => read(place, at)))) {
      if (event.type === 'EntryPosted') found.push({ revision, entry: event });
    }
  }
  return found;
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
): AsyncGenerator<{ event: LedgerEvent; revision: bigint }> {
  const { store, ledger } = place;
  let head = after;
  for await (const page of eventsBetween(store, ledger, head.revision + 1n, last)) {
    for (const stored of page) {
      const next = readNext(ledger, sha256, head, stored);
      head = next.head;
      yield { event: next.event, revision: stored.revision };
    }
  }
}

function eventsBetween(store: Place['store'], ledger: string, first: bigint, last: bigint) {
  return first > last
    ? []
    : store.read(ledgerStream(ledger), { from: first, maxCount: Number(last - first) + 1 });
}

async function read(
  { store, ledger }: Place,
  revision: bigint,
): Promise<{ event: LedgerEvent; revision: bigint }> {
  const stored = await eventAt(store, ledgerStream(ledger), revision);
  if (stored === undefined) throw new Error(`revision ${revision} of ${ledger} is missing`);
  return { event: decodeRecord(stored), revision };
}

/** The debit amount of an entry's posting to an account; 0 where it has none. */
function movedBy({ postings }: EntryPosted, account: string): bigint {
  return postings.find((posting) => posting.account === account)?.amount ?? 0n;
}

function accountOf(event: Account): Account {
  const { id, owner, class: accountClass, chart, currency, floor, testMoney } = event;
  return { id, owner, class: accountClass, chart, currency, floor, testMoney };
}
