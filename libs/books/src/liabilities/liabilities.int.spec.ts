import { ledgerStream } from '@florin/contracts';
import { startEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore, type NewEvent, type StoredEvent } from '@florin/event-store';
import type { LedgerCommand } from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { eventually } from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BookWriter, idAt, START } from '../history.spec.js';
import { MemoryStore } from '../memory-store.spec.js';
import {
  appendCheckpoint,
  latestCheckpoint,
  openCheckpoint,
  readCheckpoints,
  signCheckpoint,
} from '../notary/checkpoints.js';
import { Notary, type NotaryOptions } from '../notary/notary.js';
import { bookAt } from '../point-in-time.js';
import { checkLiability, liabilityDocumentSchema, type LiabilityDocument } from './document.js';
import { LiabilityProver, ProverBusy } from './prover.js';
import { liabilitiesTree, treeSecret } from './tree.js';

const ledger = 'it-eur';
const stream = ledgerStream(ledger);
const signer = generateKey('florin.example/ledger/it-eur');
const keys = [signer.verifier];
const secret = 'a secret of an installation, for specs';
const HOUR = 3_600_000;

const open = (account: string, owner: string | null, more: object = {}): LedgerCommand => ({
  ...{ type: 'OpenAccount', account, owner, class: 'liability', chart: '2010', floor: 0n, testMoney: false },
  ...more,
});

let made = 0;
const pay = (from: string, to: string, amount: bigint, currency = 'EUR'): LedgerCommand => ({
  ...{ type: 'PostEntry', entryId: idAt(START, (made += 1)), currency, kind: 'p2p', reference: 'spec' },
  postings: [
    { account: from, amount },
    { account: to, amount: -amount },
  ],
});
const asked = () => ({ commandId: idAt(START, (made += 1)), reference: 'spec' });

/** Accounts on which something is owed, and others. */
const accounts: LedgerCommand[] = [
  open('source:test-money', null, { class: 'asset', floor: null }),
  open('wallet:anna', 'anna'),
  open('wallet:bruno', 'bruno'),
  open('wallet:carla', 'carla', { floor: -500n }),
  open('platform:fees', null),
  open('reserve:gold', 'mint'),
];
const gold: LedgerCommand[] = [
  pay('source:test-money', 'reserve:gold', 1_000n),
  {
    ...{ type: 'DefineAsset', ...asked(), code: 'GOLD', scale: 2, issuer: 'mint' },
    ...{ reserve: 'reserve:gold', backing: 10n },
  },
  open('purse:anna', 'anna', { currency: 'GOLD' }),
  pay('supply:gold', 'purse:anna', 7_000n, 'GOLD'),
];
const money: LedgerCommand[] = [
  pay('source:test-money', 'wallet:anna', 2_000n),
  pay('wallet:carla', 'wallet:bruno', 300n),
  pay('wallet:anna', 'platform:fees', 50n),
];
const close: LedgerCommand = {
  ...{ type: 'ClosePeriod', ...asked(), period: '2026-10', until: Date.UTC(2026, 9, 31, 23) },
};

async function eventsOf(...commands: readonly LedgerCommand[]): Promise<NewEvent[]> {
  const memory = new MemoryStore();
  const writer = new BookWriter(memory, () => Promise.resolve());
  for (const command of commands) await writer.do(command, START);
  return (memory.streams.get(stream) ?? []).map(({ id, type, data, metadata }) => ({
    ...{ id, type, data: data as object, metadata: metadata as object },
  }));
}

describe('what is owed to users', () => {
  let history: NewEvent[];
  let beforeClose: number;
  let store: EventStore;
  let close1: () => Promise<void>;
  const notaries: Notary[] = [];

  beforeAll(async () => {
    beforeClose = (await eventsOf(...accounts, ...gold, ...money)).length;
    const after = [pay('wallet:anna', 'wallet:bruno', 150n), pay('wallet:anna', 'wallet:bruno', 1n)];
    history = await eventsOf(...accounts, ...gold, ...money, close, ...after);
  });

  beforeEach(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'florin-liabilities-'));
    const server = await startEventStore({ dataDir });
    store = connectEventStore(server.url);
    close1 = async () => {
      await store.close();
      await server.close();
      await rm(dataDir, { recursive: true });
    };
  });

  afterEach(async () => {
    for (const notary of notaries.splice(0)) await notary.stop();
    await close1();
  });

  const append = async (from: number, to: number, events = history): Promise<void> => {
    await store.append(stream, events.slice(from, to), from === 0 ? 'no_stream' : BigInt(from - 1));
  };

  function notary(options: Partial<NotaryOptions> = {}): Notary {
    const one = new Notary({
      ...{ ledger, currency: 'EUR', store, signer, everyEntries: 1_000, everyMs: 10, nowMs: () => START },
      ...{ liabilities: { secret, everyMs: HOUR }, ...options },
    });
    one.start();
    notaries.push(one);
    return one;
  }

  /** Hands events over in groups that end at these sizes, however they arrive: nothing in between is signed. */
  const grouped = (...ends: readonly number[]): NotaryOptions['store'] => ({
    append: (...args) => store.append(...args),
    read: (...args) => store.read(...args),
    subscribe: (from, options, handler) => {
      const arrived = new Map<bigint, StoredEvent>();
      let done = 0;
      return store.subscribe(from, options, async (batch) => {
        for (const event of batch) arrived.set(event.revision, event);
        for (const end of ends.filter((one) => one > done && arrived.has(BigInt(one) - 1n))) {
          const group = [...arrived.values()].filter(({ revision }) => revision >= done && revision < end);
          await handler(group);
          done = end;
        }
      });
    },
  });

  const signed = (size: number): Promise<void> =>
    eventually(async () => expect((await latestCheckpoint(store, ledger))?.size).toBe(size));

  /** Size, total and count of each checkpoint. */
  const said = async (): Promise<unknown[]> => {
    const all = (await readCheckpoints(store, ledger, { limit: 100 })).reverse();
    return all.map(({ note, size }) => {
      const { liabilities } = openCheckpoint(note, ledger, keys).head;
      return liabilities === undefined ? [size] : [size, liabilities.total, liabilities.count];
    });
  };

  it('is in the first checkpoint, in the one of a closed period, and again after its time', async () => {
    let passedMs = 0;
    notary({
      sinceMs: () => passedMs,
      store: grouped(7, beforeClose, history.length - 1, history.length),
    });
    await append(0, 7);
    await signed(7);
    await append(7, beforeClose);
    await signed(beforeClose);
    // The period is closed in the middle of a batch.
    await append(beforeClose, history.length - 1);
    await signed(history.length - 1);
    passedMs += HOUR;
    await append(history.length - 1, history.length);
    await signed(history.length);
    // Anna 1,950, Bruno 300, the reserve 1,000; Carla owes us, fees are nobody's, gold is not money.
    expect(await said()).toEqual([
      [7, 0n, 4],
      [beforeClose],
      [beforeClose + 1, 3_250n, 4],
      [history.length - 1],
      [history.length, 3_250n, 4],
    ]);
  });

  it('is told in time though a clock was fast, and set back, and before a restart', async () => {
    let nowMs = START + 200 * HOUR;
    let passedMs = 0;
    const clocks = { nowMs: () => nowMs, sinceMs: () => passedMs };
    const ends = [7, 8, 9, 10, 11];
    const first = notary({ ...clocks, store: grouped(...ends) });
    await append(0, 7);
    await signed(7);
    nowMs = START;
    passedMs += HOUR - 1;
    await append(7, 8);
    await signed(8);
    passedMs += 1;
    await append(8, 9);
    await signed(9);
    await first.stop();
    notary({ ...clocks, store: grouped(...ends) });
    await append(9, 10);
    await signed(10);
    passedMs += HOUR;
    await append(10, 11);
    await signed(11);
    expect((await said()).map((one) => (one as unknown[]).length)).toEqual([3, 1, 3, 1, 3]);
  });

  it('is not told again after a restart before it is due, and the same by whoever signs', async () => {
    const two = [notary(), notary()];
    for (let from = 0; from < beforeClose; from += 2) await append(from, Math.min(from + 2, beforeClose));
    await signed(beforeClose);
    for (const one of two) await one.stop();
    expect(two.map(({ refusal }) => refusal)).toEqual([undefined, undefined]);
    notary();
    await append(beforeClose, history.length);
    await signed(history.length);
    const told = (await said()).filter((one) => (one as unknown[]).length > 1);
    expect(told).toHaveLength(2);
    for (const { note, size, liabilities, number } of await readCheckpoints(store, ledger, { limit: 100 })) {
      const { head } = openCheckpoint(note, ledger, keys);
      expect(head.liabilities === undefined).toBe(liabilities !== number);
      if (head.liabilities === undefined) continue;
      const { state } = await bookAt({ store, ledger }, BigInt(size) - 1n);
      expect((await liabilitiesTree(state, secret)).head).toEqual(head.liabilities);
      // Without an account there is nothing to hide.
      if (head.liabilities.count === 0) continue;
      expect((await liabilitiesTree(state, `${secret}!`)).head.root).not.toEqual(head.liabilities.root);
    }
  });

  it('has another secret for each tree', () => {
    const made3 = [
      treeSecret(secret, ledger, 1),
      treeSecret(secret, ledger, 2),
      treeSecret(secret, 'br-brl', 1),
    ];
    expect(new Set(made3.map((one) => one.toString('hex'))).size).toBe(3);
    expect(treeSecret(secret, ledger, 1)).toEqual(made3[0]);
  });

  it('does not keep a checkpoint from being signed where it cannot be told', async () => {
    const errors: unknown[] = [];
    const long = await eventsOf(open(`${'a'.repeat(1_100)}:x`, 'anna'), ...accounts);
    notary({ store: grouped(long.length), onError: (error) => errors.push(error) });
    await append(0, long.length, long);
    await signed(long.length);
    expect(await said()).toEqual([[long.length]]);
    expect(errors).toEqual([new RangeError('not the id of an account')]);
  });

  it.each([
    ['total', 'expected 3250 to 4 accounts', { total: 3_251n }],
    ['count', 'it says that 3250 is owed to 5 accounts', { count: 5 }],
  ])('is refused by a notary where a checkpoint has another %s', async (_, says, lie) => {
    await append(0, beforeClose);
    const first = notary({ store: grouped(beforeClose) });
    await signed(beforeClose);
    await first.stop();
    const memory = new MemoryStore();
    const { note, size } = (await latestCheckpoint(store, ledger))!;
    const { head, root } = openCheckpoint(note, ledger, keys);
    const liabilities = { ...head.liabilities!, ...lie };
    const false1 = signCheckpoint({ size, root, head: { ...head, liabilities } }, signer);
    await appendCheckpoint(memory, ledger, { note: false1, size, keyId: signer.id }, undefined);
    const swapped: NotaryOptions['store'] = {
      append: (...args) => store.append(...args),
      read: (from, options) => (from.startsWith('checkpoints-') ? memory : store).read(from, options),
      subscribe: (...args) => store.subscribe(...args),
    };
    const second = notary({ store: swapped });
    await eventually(() =>
      expect(second.refusal).toMatchObject({
        code: 'CHECKPOINT_INCONSISTENT',
        message: expect.stringContaining(says),
      }),
    );
  });

  describe('is proved', () => {
    const proverWith = (more: object = {}): LiabilityProver =>
      new LiabilityProver({ ledger, store, keys, secret, ...more });
    const holds = (document: LiabilityDocument): unknown => checkLiability(document, keys);

    beforeEach(async () => {
      await append(0, 7);
      notary({ store: grouped(7, history.length) });
      await signed(7);
      await append(7, history.length);
      await signed(history.length);
    });

    it('to who holds the account, at the newest checkpoint and at older ones', async () => {
      const prover = proverWith();
      const newest = (await prover.checkpoint())!;
      expect(newest.size).toBe(beforeClose + 1);
      for (const [owner, account, balance] of [
        ['anna', 'wallet:anna', '1950'],
        ['bruno', 'wallet:bruno', '300'],
        ['carla', 'wallet:carla', '0'],
        ['mint', 'reserve:gold', '1000'],
      ] as const) {
        const document = liabilityDocumentSchema.parse(
          JSON.parse(JSON.stringify(await prover.prove(newest, account, owner))),
        );
        expect(document.proof).toMatchObject({ account, balance });
        expect(holds(document)).toMatchObject({ total: 3_250n, count: 4 });
        const richer = { ...document, proof: { ...document.proof, balance: `1${balance}` } };
        expect(holds(richer)).toBe('the way from the balance does not lead to the signed root and total');
        expect(checkLiability(document, [generateKey(signer.name).verifier])).toBe('no known key has signed');
        expect(holds({ ...document, size: 7 })).toContain('covers 16 events, not 7');
      }
      const older = (await prover.checkpoint(7))!;
      const document = (await prover.prove(older, 'wallet:anna', 'anna'))!;
      expect(document).toMatchObject({ size: 7, proof: { balance: '0' } });
      expect(holds(document)).toMatchObject({ total: 0n, count: 4 });
      const without = (await latestCheckpoint(store, ledger))!;
      const mixed = { ...document, size: without.size, checkpoint: without.note };
      expect(holds(mixed)).toBe('the checkpoint does not say what is owed');
    });

    it('to nobody else, and of nothing else', async () => {
      const prover = proverWith();
      const newest = (await prover.checkpoint())!;
      for (const [account, owner] of [
        ['wallet:anna', 'bruno'],
        ['wallet:nobody', 'nobody'],
        ['platform:fees', ''],
        ['purse:anna', 'anna'],
      ] as const) {
        expect(await prover.prove(newest, account, owner)).toBeUndefined();
      }
      for (const size of [1, 8, beforeClose, history.length, 1_000]) {
        expect(await prover.checkpoint(size)).toBeUndefined();
      }
    });

    it('not with another secret, and no more trees at once than there may be', async () => {
      const other = proverWith({ secret: `${secret}!` });
      const newest = (await other.checkpoint())!;
      await expect(other.prove(newest, 'wallet:anna', 'anna')).rejects.toThrow('is not what was signed');
      const prover = proverWith();
      const sizes = [7, 8, 9, 10, 11].map((size) => ({ ...newest, size }));
      const asking = sizes.map((one) =>
        prover.prove(one, 'wallet:anna', 'anna').catch((error: unknown) => error),
      );
      const answers = await Promise.all(asking);
      expect(answers.filter((answer) => answer instanceof ProverBusy)).toHaveLength(1);
      expect(await prover.prove(newest, 'wallet:anna', 'anna')).toBeDefined();
    });
  });
});
