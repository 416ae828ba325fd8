import { ledgerStream } from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { bookText, type LedgerEvent } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { BookWriter, story } from '../history.spec.js';
import { loadBook, replayBook } from '../load.js';
import { MemoryStore } from '../memory-store.spec.js';
import { SnapshotReader } from './reader.js';
import { chainOf, chunkStream, idStream, recordStream } from './record.js';
import { SnapshotWriter } from './writer.js';

const segmentEvents = 16;
const key = generateKey('florin.example/ledger/it-eur');

/** A book of some events with its snapshots, and its text at the end of each segment. */
async function written(seed: number, length: number, restartAt = -1) {
  const store = new MemoryStore();
  const texts: string[] = [];
  const deps = { store, ledger: 'it-eur', segmentEvents, key };
  let writer = new SnapshotWriter(deps);
  const events: LedgerEvent[] = [];
  const book = new BookWriter(store, async (event, state, head) => {
    events.push(event);
    await writer.take(event, state, head);
    if (events.length % segmentEvents > 0) return;
    texts.push(bookText(state));
    if (texts.length !== restartAt) return;
    const { place, state: loaded } = await new SnapshotReader(deps).resume(restartAt);
    writer = new SnapshotWriter(deps, place, loaded);
  });
  for (const [command, nowMs] of story(seed, length)) await book.do(command, nowMs);
  return { store, texts, book, events };
}

const reader = (store: MemoryStore) => new SnapshotReader({ store, ledger: 'it-eur', keys: [key.verifier] });

describe('snapshots', () => {
  it.each([1, 2, 3, 4, 5])(
    'are the book at the end of every segment, byte for byte (seed %i)',
    async (seed) => {
      const { store, texts } = await written(seed, 400, seed);
      expect(texts.length).toBeGreaterThan(8);
      expect(await reader(store).segments()).toBe(texts.length);
      for (const [i, text] of texts.entries()) {
        const { state } = await reader(store).load(i + 1, { ids: true });
        expect(bookText(state)).toBe(text);
      }
    },
  );

  it('make the same book as a replay, with the tail that follows them', async () => {
    const { store, book } = await written(6, 300);
    const { replay, snapshot } = await loadBook(store, 'it-eur', { currency: 'EUR', keys: [key.verifier] });
    const whole = await replayBook(store, 'it-eur');
    expect(snapshot).toBeDefined();
    expect(replay.head).toStrictEqual(book.head);
    expect(bookText(replay.state)).toBe(bookText(whole.state));
    expect(bookText(replay.state)).toBe(bookText(book.state));
  });

  it.each([null, {}, { ids: 'no base64', recordedAt: 1 }, { ids: 7, recordedAt: 'then' }])(
    'are left aside where the last ids with an outcome are damaged: %j',
    async (data) => {
      const { store, book } = await written(6, 300);
      const ids = store.streams.get(idStream('it-eur')) as StoredEvent[];
      ids.push({ ...(ids.pop() as StoredEvent), data });
      const reasons: Error[] = [];
      const onFallback = (reason: Error) => void reasons.push(reason);
      const options = { currency: 'EUR', keys: [key.verifier], onFallback };
      const { replay, snapshot } = await loadBook(store, 'it-eur', options);
      expect(snapshot).toBeUndefined();
      expect(bookText(replay.state)).toBe(bookText(book.state));
      expect(reasons).toEqual([expect.objectContaining({ name: 'SnapshotUnusable' })]);
    },
  );

  it('tell how one account stood, and when it was touched', async () => {
    const { store, texts, events } = await written(7, 400);
    for (let segment = 1; segment <= texts.length; segment += 1) {
      const { state } = await reader(store).load(segment, { ids: false });
      for (const [id, { debitBalance }] of state.accounts) {
        const found = await reader(store).account(segment, id);
        expect(found?.row.debitBalance).toBe(debitBalance);
      }
    }
    const account = 'wallet:person-3';
    const touched = events.flatMap((event, i) =>
      event.type === 'EntryPosted' && event.postings.some((posting) => posting.account === account)
        ? [i]
        : [],
    );
    const told: number[] = [];
    for (let at = (await reader(store).account(texts.length, account))?.segment ?? 0; at > 0;) {
      const touches = await reader(store).touches(at, account);
      told.unshift(...touches.at.map((one) => (at - 1) * segmentEvents + one));
      at = touches.before;
    }
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told).toEqual(expect.arrayContaining(touched.filter((i) => i < texts.length * segmentEvents)));
    expect(await reader(store).account(1, 'wallet:nobody')).toBeUndefined();
  });

  it('are few and small: each account is written anew only where it was touched', () => {
    expect(chainOf(1)).toStrictEqual([1]);
    expect(chainOf(13)).toStrictEqual([13, 12, 8]);
    expect(chainOf(1024)).toStrictEqual([1024]);
  });
});

describe('a snapshot that cannot be used', () => {
  const damage = (change: (data: Record<string, string>) => void, stream: string) => (store: MemoryStore) => {
    change(store.streams.get(stream)?.at(-1)?.data as Record<string, string>);
  };
  const edit = (field: string, from: RegExp, to: string) => (data: Record<string, string>) => {
    data[field] = (data[field] as string).replace(from, to);
  };

  it.each<[string, (store: MemoryStore) => void]>([
    ['has another balance', damage(edit('text', /"openFrom":0/, '"openFrom":1'), chunkStream('it-eur'))],
    ['has no chunks', (store) => store.streams.delete(chunkStream('it-eur'))],
    ['has other ids', damage(edit('ids', /^..../, 'AAAA'), idStream('it-eur'))],
    [
      // Where they seem old, a start would not look further back, and forget what was done.
      'has ids of another time',
      damage((data) => Object.assign(data, { recordedAt: 0 }), idStream('it-eur')),
    ],
    ['has no ids', (store) => store.streams.delete(idStream('it-eur'))],
    ['has another record', damage(edit('body', /"covers":\d+/, '"covers":0'), recordStream('it-eur'))],
    ['is of an older format', damage(edit('note', /snapshot 1/, 'snapshot 0'), recordStream('it-eur'))],
    ['is signed by nobody', damage(edit('note', /\n\n— .*/, '\n\n'), recordStream('it-eur'))],
    ['is no record', damage((data) => delete data['note'], recordStream('it-eur'))],
    [
      'is of another history',
      (store) => {
        const log = store.streams.get(ledgerStream('it-eur')) ?? [];
        const at = (store.streams.get(recordStream('it-eur'))?.length ?? 0) * segmentEvents - 1;
        log[at] = { ...(log[at] as (typeof log)[number]), metadata: { hash: 'other' } };
      },
    ],
  ])('falls back to the log with a reason where it %s', async (what, change) => {
    const { store, book } = await written(8, 200);
    change(store);
    const reasons: string[] = [];
    const { replay, snapshot } = await loadBook(store, 'it-eur', {
      currency: 'EUR',
      keys: [key.verifier],
      onFallback: (reason) => reasons.push(reason.message),
    });
    expect(reasons).toHaveLength(1);
    expect(snapshot).toBeUndefined();
    if (what === 'is of another history') expect(replay.finding).toBeDefined();
    else expect(bookText(replay.state)).toBe(bookText(book.state));
  });

  it('has the key of somebody else', async () => {
    const { store, book } = await written(9, 100);
    const reasons: Error[] = [];
    const keys = [generateKey('florin.example/ledger/it-eur').verifier];
    const options = { currency: 'EUR', keys, onFallback: (reason: Error) => void reasons.push(reason) };
    const { replay } = await loadBook(store, 'it-eur', options);
    expect(reasons).toHaveLength(1);
    expect(bookText(replay.state)).toBe(bookText(book.state));
  });
});

it('a second writer of snapshots loses, and forks nothing', async () => {
  const { store, texts } = await written(10, 200);
  const { state, head } = await replayBook(store, 'it-eur');
  const late = new SnapshotWriter({ store, ledger: 'it-eur', segmentEvents, key });
  const at = { ...head, revision: BigInt(segmentEvents - 1) };
  await expect(late.take({ type: 'HoldExpired', holdId: 'x', recordedAt: 0 }, state, at)).rejects.toThrow();
  await expect(late.take({ ...created }, state, at)).rejects.toMatchObject({ name: 'WrongExpectedRevision' });
  expect(await reader(store).segments()).toBe(texts.length);
});

const created: LedgerEvent = { type: 'LedgerCreated', ledger: 'it-eur', currency: 'EUR', recordedAt: 0 };
