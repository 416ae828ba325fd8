import { ledgerStream } from '@florin/contracts';
import { startEventStore, type EmbeddedEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore } from '@florin/event-store';
import { balanceOf, decodeRecord, type LedgerCommand, type PostEntry } from '@florin/ledger';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { replayBook } from '../load.js';
import { LedgerWriter } from './ledger-writer.js';
import { LedgerUnavailable } from './refusals.js';

const ledger = 'it-eur';
const people = ['a', 'b', 'c', 'd'].map((letter) => `0193a7a0-0000-7000-8000-00000000000${letter}`);
const wallets = people.map((person) => `wallet:${person}`);
const [a, b, c, d] = wallets as [string, string, string, string];
const source = 'source:test-money';
const funding = 200n;

/** One instance of the wallet: its writer, and a way to let it stand still between a decision and its append. */
class Instance {
  readonly dropped: string[] = [];
  /** Asked before each append is sent. */
  pause: () => Promise<void> = () => Promise.resolve();
  appends = 0;
  readonly writer: LedgerWriter;

  constructor(store: EventStore) {
    this.writer = new LedgerWriter({
      ...{ ledger, currency: 'EUR', nowMs: Date.now },
      store: {
        read: (...asked) => store.read(...asked),
        append: async (...asked) => {
          await this.pause();
          const done = await store.append(...asked);
          this.appends += 1;
          return done;
        },
      },
      onDropped: (reason) => this.dropped.push(reason.name),
    });
  }

  /** As a consumer of commands does: again and again, until the outcome is in the log. */
  async until(command: LedgerCommand): Promise<string> {
    for (;;) {
      try {
        return (await this.writer.submit(command)).outcome;
      } catch (error) {
        if (!(error instanceof LedgerUnavailable)) throw error;
        await turn();
      }
    }
  }
}

const open = (account: string, owner: string | null): LedgerCommand => ({
  ...{ type: 'OpenAccount', account, owner, testMoney: owner === null },
  ...(owner === null
    ? { class: 'asset', chart: '1900', floor: null }
    : { class: 'liability', chart: '2010', floor: 0n }),
});
const post = (kind: string, from: string, to: string, amount: bigint): PostEntry => ({
  ...{ type: 'PostEntry', entryId: uuidv7(), kind, currency: 'EUR', reference: 'test' },
  postings: [
    { account: from, amount },
    { account: to, amount: -amount },
  ],
});

describe('two writers of one book', () => {
  let dataDir: string;
  let server: EmbeddedEventStore;
  const stores: EventStore[] = [];
  let one: Instance;
  let two: Instance;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-two-writers-'));
    server = await startEventStore({ dataDir });
    [one, two] = [instance(), instance()];
    const before = [
      open(source, null),
      ...people.flatMap((person) => [
        open(`wallet:${person}`, person),
        post('test-funding', source, `wallet:${person}`, funding),
      ]),
    ];
    for (const command of before) expect(await one.until(command)).toBe('accepted');
  });

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await server.close();
    await rm(dataDir, { recursive: true });
  });

  /** With a connection of its own. */
  const instance = (): Instance => {
    const store = connectEventStore(server.url);
    stores.push(store);
    return new Instance(store);
  };

  /** The book as an auditor finds it, and the ids of all outcomes in it. */
  const book = async () => {
    const replay = await replayBook(stores[0] as EventStore, ledger);
    expect(replay.finding).toBeUndefined();
    const ids: string[] = [];
    for await (const page of (stores[0] as EventStore).read(ledgerStream(ledger))) {
      for (const stored of page) {
        const event = decodeRecord(stored);
        if ('entryId' in event) ids.push(event.entryId);
      }
    }
    const balances = wallets.map((wallet) => balanceOf(replay.state, wallet) ?? 0n);
    return { ids, balances, revision: replay.state.revision };
  };

  it('the one that stood still between a decision and its append loses, and goes on from the log', async () => {
    const held = Promise.withResolvers<void>();
    const decided = Promise.withResolvers<void>();
    one.pause = () => (decided.resolve(), held.promise);
    const spendsAll = post('p2p', a, b, funding);
    const comesAgain = post('p2p', c, d, 5n);
    const asked = [spendsAll, comesAgain].map((command) => one.writer.submit(command));
    await decided.promise;

    // Its session is over: another instance is given what it had, and something else is faster.
    expect(await two.until(post('p2p', a, c, 1n))).toBe('accepted');
    expect(await two.until(comesAgain)).toBe('accepted');
    const { revision } = await book();
    one.pause = () => Promise.resolve();
    held.resolve();

    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(one.dropped).toEqual(['WrongExpectedRevision']);
    expect((await book()).revision).toBe(revision);
    // The money is gone by now, and the other entry is there.
    expect(await one.writer.submit(spendsAll)).toMatchObject({
      ...{ outcome: 'refused', code: 'insufficient_funds' },
    });
    expect(await one.writer.submit(comesAgain)).toMatchObject({ outcome: 'repeated' });
    expect(await one.writer.submit(post('p2p', d, a, 1n))).toMatchObject({
      outcome: 'accepted',
    });
    const { ids, balances } = await book();
    expect(new Set(ids).size).toBe(ids.length);
    expect(balances).toEqual([funding, funding, funding - 4n, funding + 4n]);
  });

  it('both that decide the same at the same place write it once', async () => {
    const held = Promise.withResolvers<void>();
    let waiting = 0;
    const both = [one, two];
    await Promise.all(both.map(({ writer }) => writer.load()));
    for (const each of both) each.pause = () => ((waiting += 1) === 2 && held.resolve(), held.promise);
    const same = post('p2p', a, b, 7n);
    const outcomes = await Promise.all(both.map((each) => each.until(same)));
    expect(['accepted', 'repeated']).toEqual(expect.arrayContaining(outcomes));
    const { ids, balances } = await book();
    expect(ids.filter((id) => id === same.entryId)).toHaveLength(1);
    expect(balances).toEqual([funding - 7n, funding + 7n, funding, funding]);
  });

  it.each([11, 12, 13])(
    'both work on while each stands still now and then (seed %i): every id has one outcome, and there is one history',
    async (seed) => {
      const draw = lottery(seed);
      const commands = Array.from({ length: 240 }, () => {
        const from = draw(wallets.length);
        const to = (from + 1 + draw(wallets.length - 1)) % wallets.length;
        return post('p2p', wallets[from] as string, wallets[to] as string, 1n + BigInt(draw(90)));
      });
      let running = 2;
      const standing = new Set<Instance>();
      /** Stands still until the other has appended something, or cannot. */
      const pauseOf = (own: Instance, other: Instance) => async () => {
        if (draw(4) > 0) return;
        standing.add(own);
        const { appends } = other;
        while (other.appends === appends && standing.size < 2 && running === 2) await sleep(1);
        standing.delete(own);
      };
      one.pause = pauseOf(one, two);
      two.pause = pauseOf(two, one);
      // Each gets all commands, as after a session that was lost, in an order of its own.
      const work = async (own: Instance, order: readonly PostEntry[]) => {
        for (let at = 0; at < order.length; at += 8) {
          await Promise.all(order.slice(at, at + 8).map((command) => own.until(command)));
        }
        running -= 1;
      };
      await Promise.all([
        work(one, commands),
        work(
          two,
          [...commands].sort(() => draw(3) - 1),
        ),
      ]);

      const { ids, balances } = await book();
      const asked = new Set(commands.map(({ entryId }) => entryId));
      expect(ids.filter((id) => asked.has(id)).sort()).toEqual([...asked].sort());
      expect(balances.reduce((sum, balance) => sum + balance, 0n)).toBe(4n * funding);
      expect(balances.every((balance) => balance >= 0n)).toBe(true);
      const reasons = [...one.dropped, ...two.dropped];
      expect(reasons.length).toBeGreaterThan(0);
      expect(new Set(reasons)).toEqual(new Set(['WrongExpectedRevision']));
    },
    60_000,
  );
});

/** Numbers below `limit`; the same seed draws the same. */
function lottery(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
