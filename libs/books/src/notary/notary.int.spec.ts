import { ledgerStream } from '@florin/contracts';
import { startEventStore } from '@florin/embedded';
import {
  connectEventStore,
  EventStoreUnavailable,
  headOf,
  type EventStore,
  type NewEvent,
} from '@florin/event-store';
import { trialBalance } from '@florin/ledger';
import { generateKey, leafHash, verifyConsistency, verifyInclusion, type SignerKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BookWriter, START, story } from '../history.spec.js';
import { replayBook } from '../load.js';
import { MemoryStore } from '../memory-store.spec.js';
import { checkpointStream, latestCheckpoint, openCheckpoint, readCheckpoints } from './checkpoints.js';
import { eventProof, eventProofFault } from './document.js';
import { Notary, type NotaryOptions } from './notary.js';
import { proveConsistency } from './prove.js';
import { compareTiles, tileStream } from './tiles.js';
import { SnapshotKeeper } from '../snapshots/keeper.js';
import { SnapshotReader } from '../snapshots/reader.js';
import { recordStream } from '../snapshots/record.js';
import { BookTree } from './book-tree.js';

const ledger = 'it-eur';
const stream = ledgerStream(ledger);
const signer = generateKey('florin.example/ledger/it-eur');

/** Events of a book of all kinds, as they are stored. */
async function lived(length: number, seed = 7): Promise<NewEvent[]> {
  const memory = new MemoryStore();
  const writer = new BookWriter(memory, () => Promise.resolve());
  for (const [command, nowMs] of story(seed, length)) await writer.do(command, nowMs);
  return (memory.streams.get(stream) ?? []).map(({ id, type, data, metadata }) => ({
    ...{ id, type, data: data as object, metadata: metadata as object },
  }));
}

describe('a notary', () => {
  let history: NewEvent[];
  let store: EventStore;
  const opened: { close(): Promise<void> }[] = [];
  const notaries: Notary[] = [];

  beforeAll(async () => {
    history = (await lived(2_500)).slice(0, 1_500);
    expect(history).toHaveLength(1_500);
  });

  /** An event store with nothing in it. */
  const another = async (): Promise<void> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-notary-'));
    const server = await startEventStore({ dataDir });
    store = connectEventStore(server.url);
    opened.push({
      close: async () => {
        await store.close();
        await server.close();
        await rm(dataDir, { recursive: true });
      },
    });
  };

  beforeEach(another);

  afterEach(async () => {
    for (const notary of notaries.splice(0)) await notary.stop();
    for (const one of opened.splice(0)) await one.close();
  });

  const append = async (from: number, to: number, events = history): Promise<void> => {
    await store.append(stream, events.slice(from, to), from === 0 ? 'no_stream' : BigInt(from - 1));
  };

  function notary(options: Partial<NotaryOptions> = {}): Notary {
    const one = new Notary({
      ...{ ledger, currency: 'EUR', store, signer, everyEntries: 1_000, everyMs: 20, nowMs: () => START },
      ...options,
    });
    one.start();
    notaries.push(one);
    return one;
  }

  const signed = (size: number): Promise<void> =>
    eventually(async () => expect((await latestCheckpoint(store, ledger))?.size).toBe(size));

  const signedUnder = async (...keys: SignerKey[]) => {
    const checkpoints = await readCheckpoints(store, ledger, { limit: 1_000 });
    const verifiers = keys.map((key) => key.verifier);
    return checkpoints.reverse().map(({ note }) => openCheckpoint(note, ledger, verifiers));
  };

  it('signs what it has verified, and every event is proved by it', async () => {
    await append(0, 700);
    notary();
    await signed(700);
    const first = (await signedUnder(signer)).at(-1);
    const { state, head } = await replayBook(store, ledger);
    const totals = trialBalance(state).byClass.map(({ class: of, debits, credits }) => ({
      of,
      debits,
      credits,
    }));
    expect(first?.head).toMatchObject({ chain: head.hash, timeMs: state.recordedAt });
    expect(first?.head.totals.map(({ class: of, debits, credits }) => ({ of, debits, credits }))).toEqual(
      totals,
    );

    const checkpoint = (await latestCheckpoint(store, ledger))!;
    for (const revision of [0, 255, 256, 511, 512, 699]) {
      const proof = await eventProof(store, ledger, revision, checkpoint, [signer.verifier]);
      expect(eventProofFault(proof, [signer.verifier])).toBeUndefined();
      const other = { ...proof, event: proof.event.replace('"schema":2', '"schema":1') };
      expect(eventProofFault(other, [signer.verifier])).toBe('the leaf hash is not that of the event');
      const leafToo = { ...other, leafHash: leafHash(other.event).toString('base64') };
      expect(eventProofFault(leafToo, [signer.verifier])).toBe('the path does not lead to the signed root');
      expect(eventProofFault(proof, [generateKey(signer.name).verifier])).toBe('no known key has signed');
    }
    await append(700, 1_300);
    await signed(1_300);
    const second = (await signedUnder(signer)).at(-1);
    const proof = await proveConsistency(store, ledger, 700, 1_300);
    expect(verifyConsistency(700, 1_300, first!.root, second!.root, proof)).toBe(true);
    expect(verifyInclusion(0, 1_300, leafHash('x'), proof, second!.root)).toBe(false);
  });

  it('signs after so many events without waiting for the time', async () => {
    notary({ everyEntries: 300, everyMs: 60_000 });
    await append(0, 300);
    await signed(300);
    await append(300, 400);
    await append(400, 600);
    await signed(600);
  });

  it('goes on after a restart, also one between a tile and its checkpoint', async () => {
    await append(0, 300);
    await notary().stop();
    // The first tile is stored, and the next notary dies before it signs.
    const failing: NotaryOptions['store'] = {
      read: (...args) => store.read(...args),
      subscribe: (...args) => store.subscribe(...args),
      append: (to, ...rest) =>
        to === checkpointStream(ledger) ? Promise.reject(new Error('killed')) : store.append(to, ...rest),
    };
    const errors: unknown[] = [];
    const killed = notary({ store: failing, onError: (error) => errors.push(error) });
    await append(300, 800);
    await eventually(() => expect(errors).toContainEqual(new Error('killed')));
    await killed.stop();
    const third = notary();
    await signed(800);
    expect(third.refusal).toBeUndefined();
    const proof = await eventProof(store, ledger, 400, (await latestCheckpoint(store, ledger))!, [
      signer.verifier,
    ]);
    expect(eventProofFault(proof, [signer.verifier])).toBeUndefined();
  });

  /** The store, and after which revision of the log it was asked. */
  function watching(): { errors: unknown[]; places: unknown[]; watched: NotaryOptions['store'] } {
    const places: unknown[] = [];
    const watched: NotaryOptions['store'] = {
      read: (...args) => store.read(...args),
      append: (...args) => store.append(...args),
      subscribe: (from, options, handler) => {
        places.push(options.after);
        return store.subscribe(from, options, handler);
      },
    };
    return { errors: [], places, watched };
  }

  async function keepSnapshots(by: SignerKey, segments: number): Promise<void> {
    const keeper = new SnapshotKeeper({ ledger, currency: 'EUR', store, signer: by, segmentEvents: 300 });
    keeper.start();
    const reader = new SnapshotReader({ store, ledger });
    await eventually(async () => expect(await reader.segments()).toBe(segments));
    await keeper.stop();
  }

  it('goes on from a snapshot that its key has signed', async () => {
    await append(0, 1_000);
    notary();
    await signed(1_000);
    await notaries.splice(0)[0]?.stop();
    await keepSnapshots(signer, 3);
    await append(1_000, 1_500);
    const { errors, places, watched } = watching();
    notary({ store: watched, onError: (error) => errors.push(error) });
    await signed(1_500);
    expect([places, errors]).toEqual([[899n], []]);
    await notaries.splice(0)[0]?.stop();

    const fresh = new BookTree(ledger);
    for await (const page of store.read(stream)) for (const event of page) fresh.accept(event);
    const last = (await signedUnder(signer)).at(-1);
    expect(last).toMatchObject({ root: fresh.root(), head: { chain: fresh.head.hash } });
    expect(new Set(last?.head.totals)).toEqual(new Set(fresh.totals()));
    for (const tile of fresh.takeTiles()) expect(await compareTiles(store, ledger, [tile])).toBe(1);
  });

  it('begins at the first event where the snapshot is signed by another key', async () => {
    await append(0, 700);
    notary();
    await signed(700);
    await notaries.splice(0)[0]?.stop();
    await keepSnapshots(generateKey(signer.name), 2);
    const { errors, places, watched } = watching();
    notary({ store: watched, onError: (error) => errors.push(error) });
    await append(700, 800);
    await signed(800);
    expect(places).toEqual([undefined]);
    expect(errors).toMatchObject([{ name: 'SnapshotUnusable' }]);
  });

  it('shares a book with another one: they make one row of checkpoints', async () => {
    const two = [notary({ everyMs: 1, everyEntries: 10 }), notary({ everyMs: 1, everyEntries: 10 })];
    for (let from = 0; from < 1_200; from += 100) await append(from, from + 100);
    await signed(1_200);
    expect(two.map(({ refusal }) => refusal)).toEqual([undefined, undefined]);
    const sizes = (await signedUnder(signer)).map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
  });

  it('hands over to a new key, and the old one is known by what it signed', async () => {
    await append(0, 100);
    const before = notary();
    await signed(100);
    await before.stop();
    const next = generateKey(signer.name);
    notary({ signer: next, earlierKeys: [signer.verifier] });
    await append(100, 200);
    await signed(200);
    expect((await signedUnder(signer, next)).map(({ key }) => key.id)).toEqual([signer.id, next.id]);
    expect((await latestCheckpoint(store, ledger))?.keys).toEqual([
      { keyId: signer.id, from: 100, to: 100 },
      { keyId: next.id, from: 200, to: 200 },
    ]);
  });

  it('waits for a store that is away when it begins, and then goes on from the snapshot', async () => {
    await append(0, 800);
    const common = { ledger, currency: 'EUR', store, signer };
    const keeper = new SnapshotKeeper({ ...common, segmentEvents: 256 });
    keeper.start();
    await eventually(async () => expect(await headOf(store, recordStream(ledger))).toBe(2n));
    await keeper.stop();
    const before = notary();
    await signed(800);
    await before.stop();
    await append(800, 900);
    let failures = 2;
    const from: (bigint | undefined)[] = [];
    const attempts: number[] = [];
    notary({
      store: {
        append: (...args) => store.append(...args),
        read(...args) {
          if (failures-- > 0) throw new EventStoreUnavailable('away');
          return store.read(...args);
        },
        subscribe(name, options, handler) {
          from.push(options.after);
          return store.subscribe(name, options, handler);
        },
      },
      onError: (_, attempt) => void attempts.push(attempt),
    });
    await signed(900);
    expect(attempts).toEqual([1, 2]);
    expect(from).toEqual([767n]);
  });

  describe('refuses', () => {
    const refused = async (one: Notary, code: string, says: string): Promise<void> => {
      await eventually(() =>
        expect(one.refusal).toMatchObject({ code, message: expect.stringContaining(says) }),
      );
      const before = (await latestCheckpoint(store, ledger))?.size;
      await one.stop();
      expect((await latestCheckpoint(store, ledger))?.size).toBe(before);
    };

    /** Signs the first `size` events in this store, and answers what was signed. */
    const sign = async (size: number): Promise<NewEvent[]> => {
      await append(0, size);
      const one = notary();
      await signed(size);
      await one.stop();
      return (await readCheckpoints(store, ledger, { limit: 1 })).map(({ note, size: covers, keys }) => ({
        ...{ id: '00000000-0000-4000-8000-000000000000', type: 'CheckpointSigned' },
        ...{ data: { note, size: covers }, metadata: { keys } },
      }));
    };

    it('a last checkpoint of a key that it does not know', async () => {
      await sign(100);
      await refused(
        notary({ signer: generateKey(signer.name) }),
        'CHECKPOINT_FOREIGN',
        'no known key has signed',
      );
    });

    it.each([
      ['cut off', 'LOG_SHORT', 'has 300 events, but 600 were signed', () => history.slice(0, 300)],
      ['written anew', 'CHECKPOINT_INCONSISTENT', 'does not begin with the 600 events', () => lived(900, 8)],
      ['changed', 'LEDGER_DAMAGED', 'revision 299 of it-eur is wrong', () => history.toSpliced(299, 1)],
    ])('a log that was %s since the last checkpoint', async (_, code, says, log) => {
      const checkpoint = await sign(600);
      await another();
      await store.append(checkpointStream(ledger), checkpoint, 'no_stream');
      await append(0, 700, await log());
      await refused(notary(), code, says);
    });

    it('a tile that is not what the events make', async () => {
      await store.append(
        tileStream(ledger, 0),
        [
          {
            id: '00000000-0000-4000-8000-000000000001',
            type: 'TileFilled',
            data: { hashes: '' },
            metadata: { nodes: [] },
          },
        ],
        'no_stream',
      );
      await append(0, 300);
      await refused(notary({ everyMs: 10 }), 'TILE_DIFFERS', 'tile 0 in tiles-it-eur-0');
      expect(await latestCheckpoint(store, ledger)).toBeUndefined();
    });
  });
});
