import { startEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore } from '@florin/event-store';
import { bookText } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BookWriter, story } from '../history.spec.js';
import { loadBook, replayBook } from '../load.js';
import { SnapshotKeeper } from './keeper.js';
import { SnapshotReader } from './reader.js';
import { idStream, recordStream } from './record.js';

const segmentEvents = 64;
const key = generateKey('florin.example/ledger/it-eur');
const common = { ledger: 'it-eur', currency: 'EUR', signer: key, segmentEvents };

let dataDir: string;
let engine: Awaited<ReturnType<typeof startEventStore>>;
let store: EventStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'florin-books-'));
  engine = await startEventStore({ dataDir });
  store = connectEventStore(engine.url);
});

afterEach(async () => {
  await store.close();
  await engine.close();
  await rm(dataDir, { recursive: true });
});

async function write(seed: number, length: number): Promise<BookWriter> {
  const book = new BookWriter(store, () => Promise.resolve());
  for (const [command, nowMs] of story(seed, length)) await book.do(command, nowMs);
  return book;
}

async function segmentsReach(count: number): Promise<void> {
  const reader = new SnapshotReader({ store, ledger: 'it-eur' });
  for (let tries = 0; (await reader.segments()) < count; tries += 1) {
    if (tries > 200) throw new Error(`there are ${await reader.segments()} segments, not ${count}`);
    await sleep(50);
  }
}

async function isWhole(book: BookWriter): Promise<void> {
  const { replay, snapshot } = await loadBook(store, 'it-eur', { currency: 'EUR', keys: [key.verifier] });
  expect(snapshot?.segment).toBe(Math.floor((Number(book.head.revision) + 1) / segmentEvents));
  expect(bookText(replay.state)).toBe(bookText(book.state));
}

it('keeps snapshots of a book from its first event on, and goes on where another ended', async () => {
  const book = await write(1, 400);
  const whole = Math.floor((Number(book.head.revision) + 1) / segmentEvents);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const first = new SnapshotKeeper({ ...common, store, onError });
  first.start();
  await segmentsReach(2);
  await first.stop();
  const second = new SnapshotKeeper({ ...common, store, onError });
  second.start();
  await segmentsReach(whole);
  await second.stop();
  const { replay, snapshot } = await loadBook(store, 'it-eur', { currency: 'EUR', keys: [key.verifier] });
  expect(snapshot?.segment).toBe(whole);
  expect(bookText(replay.state)).toBe(bookText((await replayBook(store, 'it-eur')).state));
  expect(errors).toEqual([]);
});

it('of two, the slower begins anew, and the snapshots are whole', async () => {
  const book = await write(2, 400);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const keepers = [1, 2].map(() => new SnapshotKeeper({ ...common, store, onError }));
  for (const keeper of keepers) keeper.start();
  await segmentsReach(Math.floor((Number(book.head.revision) + 1) / segmentEvents));
  for (const keeper of keepers) await keeper.stop();
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatchObject({ name: 'WrongExpectedRevision' });
  const { replay, snapshot } = await loadBook(store, 'it-eur', { currency: 'EUR', keys: [key.verifier] });
  expect(snapshot).toBeDefined();
  expect(bookText(replay.state)).toBe(bookText(book.state));
});

it('stores the record of a segment once where the store was away at its end', async () => {
  const book = await write(3, 150);
  let failures = 2;
  const failing: Pick<EventStore, 'append' | 'read' | 'subscribe'> = {
    read: (...args) => store.read(...args),
    subscribe: (...args) => store.subscribe(...args),
    append(...args) {
      if (args[0] === recordStream('it-eur') && failures-- > 0) return Promise.reject(new Error('away'));
      return store.append(...args);
    },
  };
  const attempts: number[] = [];
  const keeper = new SnapshotKeeper({
    ...common,
    store: failing,
    onError: (_, attempt) => attempts.push(attempt),
  });
  keeper.start();
  const whole = Math.floor((Number(book.head.revision) + 1) / segmentEvents);
  await segmentsReach(whole);
  await keeper.stop();
  expect(attempts).toEqual([1, 2]);
  const { replay, snapshot } = await loadBook(store, 'it-eur', { currency: 'EUR', keys: [key.verifier] });
  expect(snapshot?.segment).toBe(whole);
  expect(bookText(replay.state)).toBe(bookText(book.state));
});

it('begins once a store that was away answers', async () => {
  const book = await write(4, 150);
  let failures = 1;
  const away: Pick<EventStore, 'append' | 'read' | 'subscribe'> = {
    append: (...args) => store.append(...args),
    subscribe: (...args) => store.subscribe(...args),
    read(...args) {
      if (failures-- > 0) throw new Error('away');
      return store.read(...args);
    },
  };
  const attempts: number[] = [];
  const keeper = new SnapshotKeeper({
    ...common,
    store: away,
    onError: (_, attempt) => attempts.push(attempt),
  });
  keeper.start();
  await segmentsReach(Math.floor((Number(book.head.revision) + 1) / segmentEvents));
  await keeper.stop();
  expect(attempts).toEqual([1]);
});

it('goes on alone, though another was faster before', async () => {
  const book = new BookWriter(store, () => Promise.resolve());
  const commands = [...story(5, 400)];
  for (const [command, nowMs] of commands.slice(0, 200)) await book.do(command, nowMs);
  const lost: string[] = [];
  const [a, b] = ['a', 'b'].map(
    (name) => new SnapshotKeeper({ ...common, store, onError: () => void lost.push(name) }),
  ) as [SnapshotKeeper, SnapshotKeeper];
  a.start();
  b.start();
  await eventually(() => expect(lost.length).toBeGreaterThan(0));
  const [winner, loser] = lost[0] === 'a' ? [b, a] : [a, b];
  await winner.stop();
  for (const [command, nowMs] of commands.slice(200)) await book.do(command, nowMs);
  await segmentsReach(Math.floor((Number(book.head.revision) + 1) / segmentEvents));
  await loser.stop();
  await isWhole(book);
});

it('goes on where the acknowledgement of its record was lost', async () => {
  const book = await write(6, 400);
  let lost = 0;
  const losing: Pick<EventStore, 'append' | 'read' | 'subscribe'> = {
    read: (...args) => store.read(...args),
    subscribe: (...args) => store.subscribe(...args),
    async append(...args) {
      const done = await store.append(...args);
      if (args[0] === recordStream('it-eur') && lost++ === 0) throw new Error('no answer');
      return done;
    },
  };
  const errors: Error[] = [];
  const onError = (error: unknown) => void errors.push(error as Error);
  const keeper = new SnapshotKeeper({ ...common, store: losing, onError });
  keeper.start();
  await segmentsReach(Math.floor((Number(book.head.revision) + 1) / segmentEvents));
  await keeper.stop();
  expect(errors.map(({ name }) => name)).toEqual(['Error', 'WrongExpectedRevision']);
  await isWhole(book);
});

it('gives up where the streams of the snapshots do not fit each other', async () => {
  await write(7, 150);
  const foreign = { id: randomUUID(), type: 'OutcomeIds', data: { recordedAt: 0, ids: '' }, metadata: {} };
  await store.append(idStream('it-eur'), [foreign, { ...foreign, id: randomUUID() }], 'no_stream');
  const attempts: number[] = [];
  const onError = (_: unknown, attempt: number) => void attempts.push(attempt);
  const keeper = new SnapshotKeeper({ ...common, store, onError });
  keeper.start();
  await eventually(() => expect(attempts).toHaveLength(6), 60_000);
  await keeper.stop();
  expect(attempts).toEqual([1, 2, 3, 4, 5, 1]);
}, 90_000);
