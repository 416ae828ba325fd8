import { ledgerStream } from '@florin/contracts';
import { sha256, type StoredEvent } from '@florin/event-store';
import { balanceOf, chainHash, idOfHash, trialBalance, type LedgerEvent } from '@florin/ledger';
import { jest } from '@jest/globals';
import { BookWriter, START, story } from './history.spec.js';
import { MemoryStore } from './memory-store.spec.js';
import { accountAt, accountHistory, bookAt, revisionAt, TooManyEntries } from './point-in-time.js';
import { SnapshotReader } from './snapshots/reader.js';
import { chunkStream } from './snapshots/record.js';
import { SnapshotWriter } from './snapshots/writer.js';

const segmentEvents = 16;

/** What a book looked like after every revision. */
interface Picture {
  readonly recordedAt: number;
  readonly balances: ReadonlyMap<string, bigint>;
  readonly debits: bigint;
}

async function written(seed: number, length: number) {
  const store = new MemoryStore();
  const pictures: Picture[] = [];
  const events: LedgerEvent[] = [];
  const writer = new SnapshotWriter({ store, ledger: 'it-eur', segmentEvents });
  const book = new BookWriter(store, async (event, state, head) => {
    const balances = [...state.accounts.keys()].map((id) => [id, balanceOf(state, id) ?? 0n] as const);
    pictures.push({
      recordedAt: state.recordedAt,
      balances: new Map(balances),
      debits: trialBalance(state).debits,
    });
    events.push(event);
    await writer.take(event, state, head);
  });
  for (const [command, nowMs] of story(seed, length)) await book.do(command, nowMs);
  return { place: { store, ledger: 'it-eur', segmentEvents }, pictures, events, store };
}

/** The account with the most entries. */
function busiest(events: readonly LedgerEvent[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'EntryPosted') continue;
    for (const { account } of event.postings) counts.set(account, (counts.get(account) ?? 0) + 1);
  }
  const [[account, count]] = [...counts].sort(([, a], [, b]) => b - a) as [[string, number]];
  expect(count).toBeGreaterThan(5);
  return account;
}

describe('a book at a point in time', () => {
  it.each([11, 12])('is at every revision what it was then (seed %i)', async (seed) => {
    const { place, pictures } = await written(seed, 150);
    for (const [i, { balances, debits }] of pictures.entries()) {
      const { state, finding } = await bookAt(place, BigInt(i));
      expect(finding).toBeUndefined();
      expect(state.revision).toBe(BigInt(i));
      expect(trialBalance(state)).toMatchObject({ debits, difference: 0n });
      for (const [id, balance] of balances) expect(balanceOf(state, id)).toBe(balance);
      const asked = `wallet:person-${i % 12}`;
      expect((await accountAt(place, asked, BigInt(i)))?.balance).toBe(balances.get(asked));
    }
  });

  it('is found by the instant, which is that of recording', async () => {
    const { place, pictures } = await written(13, 100);
    expect(await revisionAt(place, { atMs: START - 1 })).toBe(-1n);
    for (const { recordedAt } of pictures) {
      const last = pictures.findLastIndex((picture) => picture.recordedAt <= recordedAt);
      expect(await revisionAt(place, { atMs: recordedAt })).toBe(BigInt(last));
    }
    expect(await revisionAt(place, { atMs: Number.MAX_SAFE_INTEGER })).toBe(BigInt(pictures.length - 1));
    expect(await revisionAt(place, { revision: 10_000n })).toBe(BigInt(pictures.length - 1));
    expect(await revisionAt(place, { revision: 7n })).toBe(7n);
  });

  it('has the entries of an account between any two revisions', async () => {
    const { place, pictures, events } = await written(14, 400);
    const account = busiest(events);
    const moves = events.flatMap((event, i) =>
      event.type === 'EntryPosted' && event.postings.some((posting) => posting.account === account)
        ? [i]
        : [],
    );
    const last = pictures.length - 1;
    for (const [from, to] of [
      [-1, last],
      [5, last],
      [20, 90],
      [-1, 40],
      [16, 31],
      [15, 32],
      [last, last],
    ] as const) {
      const told = await accountHistory(place, account, BigInt(from), BigInt(to));
      expect(told?.entries.map(({ revision }) => Number(revision))).toEqual(
        moves.filter((i) => i > from && i <= to),
      );
      expect(told?.opening).toBe(from < 0 ? 0n : (pictures[from]?.balances.get(account) ?? 0n));
      for (const { revision, balance } of told?.entries ?? []) {
        expect(balance).toBe(pictures[Number(revision)]?.balances.get(account));
      }
    }
    expect(await accountHistory(place, 'wallet:nobody', -1n, BigInt(last))).toBeUndefined();
  });

  it('needs no snapshot: one that was damaged costs time and tells so', async () => {
    const { place, pictures, store } = await written(15, 100);
    store.streams.delete(chunkStream('it-eur'));
    const reasons: Error[] = [];
    const onFallback = (reason: Error) => void reasons.push(reason);
    const { state } = await bookAt({ ...place, onFallback }, 90n);
    expect(balanceOf(state, 'wallet:person-1')).toBe(pictures[90]?.balances.get('wallet:person-1'));
    expect(reasons).toHaveLength(1);
  });

  it('has no entries that were changed within whole segments, not even where their own hashes fit', async () => {
    const { place, pictures, store, events } = await written(14, 400);
    const account = busiest(events);
    const last = BigInt(pictures.length - 1);
    const told = await accountHistory(place, account, -1n, last);
    const revision = told?.entries.find((entry) => entry.revision < last - 20n)?.revision as bigint;
    const log = store.streams.get(ledgerStream('it-eur')) as StoredEvent[];
    const honest = log[Number(revision)] as StoredEvent;
    const data = { ...(honest.data as object), reference: 'forged' };
    const { schema, ledger, prev } = honest.metadata as { schema: number; ledger: string; prev: string };
    const { type } = honest;
    const hash = chainHash(sha256, prev, { schema, ledger, revision, type, data });
    for (const [metadata, code] of [
      [honest.metadata, 'hash_mismatch'],
      [{ schema, ledger, prev, hash }, 'chain_broken'],
    ] as const) {
      log[Number(revision)] = { ...honest, id: idOfHash(hash), data, metadata };
      await expect(accountHistory(place, account, -1n, last)).rejects.toMatchObject({ code });
    }
  });

  it('begins with nothing: entries that do not make the balance of a snapshot are read from the log instead', async () => {
    const { place, pictures, events } = await written(14, 400);
    const account = busiest(events);
    const last = BigInt(pictures.length - 1);
    const expected = await accountHistory(place, account, -1n, last);
    const asked = jest.spyOn(SnapshotReader.prototype, 'account');
    asked.mockImplementationOnce(async function (this: SnapshotReader, segment, id) {
      const found = await this.account(segment, id);
      return found && { ...found, row: { ...found.row, debitBalance: found.row.debitBalance - 5n } };
    });
    const reasons: string[] = [];
    const onFallback = ({ message }: Error) => void reasons.push(message);
    expect(await accountHistory({ ...place, onFallback }, account, -1n, last)).toEqual(expected);
    expect(reasons).toEqual([`what the snapshot has of ${account} is not what its entries make`]);
    asked.mockRestore();
  });

  it('has so many entries at most, wherever they are read', async () => {
    const { place, pictures, store, events } = await written(14, 400);
    const account = busiest(events);
    const last = BigInt(pictures.length - 1);
    const count = (await accountHistory(place, account, -1n, last))?.entries.length as number;
    const ask = (most: number) => accountHistory(place, account, -1n, last, most);
    expect((await ask(count))?.entries).toHaveLength(count);
    await expect(ask(count - 1)).rejects.toBeInstanceOf(TooManyEntries);
    store.streams.delete(chunkStream('it-eur'));
    expect((await ask(count))?.entries).toHaveLength(count);
    await expect(ask(count - 1)).rejects.toBeInstanceOf(TooManyEntries);
  });

  it('is not told from a tail that was changed', async () => {
    const { place, pictures, store } = await written(16, 100);
    const last = pictures.length - 1;
    const at = last - (last % segmentEvents);
    const log = store.streams.get(ledgerStream('it-eur')) ?? [];
    const changed = log[at] as (typeof log)[number];
    log[at] = { ...changed, data: { ...(changed.data as object), recordedAt: 1 } };
    await expect(accountAt(place, 'wallet:person-1', BigInt(last))).rejects.toMatchObject({
      code: 'hash_mismatch',
    });
    expect((await bookAt(place, BigInt(last))).finding?.revision).toBe(BigInt(at));
  });
});
