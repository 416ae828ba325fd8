import { startEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore, type NewEvent } from '@florin/event-store';
import type { StoredRecord } from '@florin/ledger';
import { emptyRoot, generateKey, Malformed, NoteUnverified } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BookWriter, story } from '../history.spec.js';
import { MemoryStore } from '../memory-store.spec.js';
import { BookTree } from '../notary/book-tree.js';
import {
  appendCheckpoint,
  checkpointStream,
  latestCheckpoint,
  signCheckpoint,
} from '../notary/checkpoints.js';
import { NotCosigned } from './ask-witness.js';
import {
  allCosigned,
  cosignatureStream,
  cosignersOf,
  headToProve,
  latestCosigned,
  withCosignatures,
} from './cosignatures.js';
import { Cosigner, type CosignerOptions } from './cosigner.js';
import { WitnessServer } from './witness-server.fixture.spec.js';

const ledger = 'it-eur';
const signer = generateKey('florin.example/ledger/it-eur');

describe('a cosigner', () => {
  let history: NewEvent[];
  let store: EventStore;
  let closeStore: () => Promise<void>;
  let witnesses: [WitnessServer, WitnessServer];
  let cosigner: Cosigner | undefined;
  let told: string[];

  beforeAll(async () => {
    const memory = new MemoryStore();
    const writer = new BookWriter(memory, () => Promise.resolve());
    for (const [command, nowMs] of story(7, 60)) await writer.do(command, nowMs);
    history = (memory.streams.get(`ledger-${ledger}`) ?? [])
      .slice(0, 40)
      .map(({ id, type, data, metadata }) => ({
        ...{ id, type, data: data as object, metadata: metadata as object },
      }));
  });

  beforeEach(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-cosigner-'));
    const server = await startEventStore({ dataDir });
    store = connectEventStore(server.url);
    closeStore = async () => {
      await store.close();
      await server.close();
      await rm(dataDir, { recursive: true });
    };
    await store.append(`ledger-${ledger}`, history, 'no_stream');
    witnesses = [new WitnessServer([signer.verifier]), new WitnessServer([signer.verifier])];
    await Promise.all(witnesses.map((one) => one.open()));
    told = [];
  });

  afterEach(async () => {
    await cosigner?.stop();
    await Promise.all(witnesses.map((one) => one.close()));
    await closeStore();
  });

  /** Signs the first `size` events. */
  const sign = async (size: number): Promise<void> => {
    const tree = new BookTree(ledger);
    history.slice(0, size).forEach((event, revision) => {
      tree.accept({ metadata: undefined, ...event, revision: BigInt(revision) } satisfies StoredRecord);
    });
    const head = { chain: tree.head.hash, timeMs: size, totals: tree.totals(), liabilities: undefined };
    const note = signCheckpoint({ size, root: tree.root(), head }, signer);
    await appendCheckpoint(
      store,
      ledger,
      { note, size, keyId: signer.id },
      await latestCheckpoint(store, ledger),
    );
  };

  const start = (from: CosignerOptions['store'] = store): void => {
    const nameOf = (url: string | undefined): string => `${witnesses.findIndex((one) => one.url === url)}`;
    cosigner = new Cosigner({
      ...{ ledger, store: from, retryMs: 20 },
      witnesses: witnesses.map(({ key, url }) => ({ url, keys: [key.verifier] })),
      onCosigned: ({ url }, size) => told.push(`${nameOf(url)} signed ${size}`),
      onError: (witness, error) =>
        told.push(`${nameOf(witness?.url)} ${error instanceof NotCosigned ? error.code : String(error)}`),
    });
    cosigner.start();
  };

  const keys = () => witnesses.map(({ key }) => key.verifier);
  const signedBy = async (count: number, size: number): Promise<void> => {
    const last = await latestCosigned(store, ledger);
    expect(last?.size).toBe(size);
    expect(cosignersOf(last?.note ?? '', keys())).toHaveLength(count);
  };

  it('has each new checkpoint signed by every witness, in one note, and goes on where it was', async () => {
    await sign(10);
    start();
    await eventually(() => signedBy(2, 10));
    await sign(20);
    await eventually(() => signedBy(2, 20));
    await cosigner?.stop();
    expect(told.toSorted()).toEqual(['0 signed 10', '0 signed 20', '1 signed 10', '1 signed 20']);

    await sign(30);
    start();
    await eventually(() => signedBy(2, 30));
    const sizes: number[] = [];
    for await (const page of allCosigned(store, ledger)) sizes.push(...page.map(({ size }) => size));
    expect(sizes).toEqual([10, 10, 20, 20, 30, 30]);

    const latest = (await latestCheckpoint(store, ledger))!;
    expect(cosignersOf(latest.note, keys())).toEqual([]);
    const cosigned = await withCosignatures(store, ledger, latest);
    expect({ ...cosigned, note: '' }).toEqual({ ...latest, note: '' });
    expect(cosignersOf(cosigned.note, keys())).toHaveLength(2);
    expect(cosignersOf(cosigned.note, keys().slice(1))).toHaveLength(1);
  });

  it('does without a witness that is away, and has the newest signed when it is back', async () => {
    await witnesses[1].close();
    await sign(10);
    start();
    await eventually(() => signedBy(1, 10));
    await eventually(() => expect(told).toContain('1 unreachable'));
    await sign(20);
    await eventually(() => signedBy(1, 20));
    await witnesses[1].open();
    await eventually(() => signedBy(2, 20));
    expect(told).not.toContain('1 signed 10');
    expect(told).toContain('1 signed 20');
  });

  it('tells of a witness that has signed another history, again and again, and asks on', async () => {
    witnesses[0].state = { size: 5n, root: emptyRoot };
    witnesses[1].state = { size: 50n, root: emptyRoot };
    await sign(10);
    start();
    await eventually(() => {
      for (const n of [0, 1]) {
        expect(told.filter((text) => text === `${n} inconsistent`).length).toBeGreaterThan(2);
      }
    });
    expect(told.filter((text) => text.includes('signed'))).toEqual([]);
    expect(await latestCosigned(store, ledger)).toBeUndefined();
    witnesses[0].state = undefined;
    await eventually(() => signedBy(1, 10));
  });

  it.each([
    ['refused', 'a refusal', { status: 403, body: 'go away' }],
    ['unreachable', 'a way to somebody else', { status: 302, body: '' }],
    ['invalid', 'nothing', { status: 200, body: '' }],
    ['invalid', 'too much', { status: 200, body: 'x'.repeat(20_000) }],
    [
      'invalid',
      'the line of somebody else',
      { status: 200, body: `\u2014 witness.example ${Buffer.alloc(76).toString('base64')}\n` },
    ],
    ['invalid', 'no size', { status: 409, body: 'many' }],
  ])('tells that it is %s where the answer is %s, and stores nothing of it', async (code, _, answer) => {
    witnesses[1].answer = answer;
    await sign(10);
    start();
    await eventually(() => expect(told).toContain(`1 ${code}`));
    await eventually(() => signedBy(1, 10));
  });

  it('is not held up where another instance was faster', async () => {
    await sign(10);
    start();
    await eventually(() => signedBy(2, 10));
    const first = cosigner;
    start();
    await sign(20);
    await eventually(() => signedBy(2, 20));
    await first?.stop();
    expect(told.filter((text) => text.includes('inconsistent'))).toEqual([]);
  });

  it('raises no alarm where its witnesses know a newer checkpoint than it does', async () => {
    await sign(10);
    await sign(20);
    start();
    await eventually(() => signedBy(2, 20));
    await cosigner?.stop();
    told.length = 0;
    const before = witnesses.map(({ asked }) => asked);
    start({
      append: (...args) => store.append(...args),
      subscribe: (...args) => store.subscribe(...args),
      read(name, options) {
        const nobodyAsked = witnesses.every(({ asked }, n) => asked === before[n]);
        const isNewest = name === checkpointStream(ledger) && options?.direction === 'backwards';
        return store.read(name, isNewest && nobodyAsked ? { ...options, from: 0n } : options);
      },
    });
    await eventually(() => expect(told.toSorted()).toEqual(['0 signed 20', '1 signed 20']));
  });

  it('proves in the newest co-signed head that reaches so far', async () => {
    expect(await headToProve(store, ledger, 3)).toBeUndefined();
    await sign(10);
    start();
    await eventually(() => signedBy(2, 10));
    await cosigner?.stop();
    await sign(20);
    expect((await headToProve(store, ledger, 9))?.size).toBe(10);
    expect((await headToProve(store, ledger, 10))?.size).toBe(20);
    expect(await headToProve(store, ledger, 20)).toBeUndefined();
  });

  it('believes no note that is of another checkpoint, nor a line that is wrong', async () => {
    await sign(10);
    await sign(20);
    const latest = (await latestCheckpoint(store, ledger))!;
    const other = { number: 1, size: 20, note: latest.note.replace('\n20\n', '\n21\n') };
    const event = { id: crypto.randomUUID(), type: 'CheckpointCosigned', data: other };
    await store.append(cosignatureStream(ledger), [event], 'any');
    await expect(withCosignatures(store, ledger, latest)).rejects.toThrow(Malformed);
    const [line] = [witnesses[0].key.verifier];
    const forged = `${latest.note}\u2014 ${line.name} ${Buffer.concat([Buffer.from(line.id, 'hex'), Buffer.alloc(72)]).toString('base64')}\n`;
    expect(() => cosignersOf(forged, keys())).toThrow(NoteUnverified);
  });
});
