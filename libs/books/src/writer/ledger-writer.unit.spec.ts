import {
  sha256,
  WrongExpectedRevision,
  type EventStore,
  type NewEvent,
  type StoredEvent,
} from '@florin/event-store';
import { balanceOf, createReplay, type LedgerCommand, type PostEntry } from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';
import { LedgerWriter } from './ledger-writer.js';
import { LedgerBusy, LedgerDamaged, LedgerUnavailable } from './refusals.js';
import { MAX_APPEND_WEIGHT, weightOf, type See } from './waiting.js';

const anna = '0193a7a0-0000-7000-8000-00000000000a';
const bruno = '0193a7a0-0000-7000-8000-00000000000b';
const nowMs = Date.UTC(2026, 10, 1);

/** A log in memory whose appends end when the test says so. */
class FakeStore implements Pick<EventStore, 'read' | 'append'> {
  log: StoredEvent[] = [];
  appends: number[] = [];
  loads = 0;
  /** Set to hold appends back; call the collected functions to let them go on. */
  held: (() => void)[] | undefined;
  failNext: { before?: Error; after?: Error } = {};

  async *read(): AsyncIterable<StoredEvent[]> {
    this.loads += 1;
    yield [...this.log];
  }

  async append(_stream: string, events: NewEvent[], expected: bigint | 'no_stream' | 'any') {
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    const { before, after } = this.failNext;
    this.failNext = {};
    if (before !== undefined) throw before;
    const head = BigInt(this.log.length - 1);
    const wanted = expected === 'no_stream' ? -1n : expected;
    if (wanted !== 'any' && wanted !== head) throw new WrongExpectedRevision('ledger-it-eur', expected, head);
    this.appends.push(events.length);
    for (const event of events) {
      const { id, type, data, metadata } = event;
      this.log.push({
        id,
        type,
        data,
        metadata,
        revision: BigInt(this.log.length),
        created: new Date(nowMs),
      });
    }
    if (after !== undefined) throw after;
    return { revision: BigInt(this.log.length - 1) };
  }
}

const writerOf = (store: FakeStore, dropped: Error[] = []): LedgerWriter =>
  new LedgerWriter({
    ledger: 'it-eur',
    currency: 'EUR',
    store,
    nowMs: () => nowMs,
    onDropped: (reason) => dropped.push(reason),
  });

const open = (account: string, owner: string | null): LedgerCommand => ({
  ...{ type: 'OpenAccount', account, owner, testMoney: owner === null },
  ...(owner === null
    ? { class: 'asset', chart: '1900', floor: null }
    : { class: 'liability', chart: '2010', floor: 0n }),
});
const openTestMoney = open('source:test-money', null);
const openWallet = (personId: string) => open(`wallet:${personId}`, personId);

const fund = (personId: string, amount: bigint): LedgerCommand => ({
  type: 'PostEntry',
  entryId: uuidv7({ msecs: nowMs }),
  kind: 'test-funding',
  currency: 'EUR',
  postings: [
    { account: 'source:test-money', amount },
    { account: `wallet:${personId}`, amount: -amount },
  ],
  reference: 'test',
});

const transfer = (amount: bigint, entryId = uuidv7({ msecs: nowMs })): PostEntry => ({
  type: 'PostEntry',
  entryId,
  kind: 'p2p',
  currency: 'EUR',
  postings: [
    { account: `wallet:${anna}`, amount },
    { account: `wallet:${bruno}`, amount: -amount },
  ],
  reference: 'test',
});

const balanceInLog = (store: FakeStore, personId: string): bigint | undefined => {
  const replay = createReplay('it-eur', sha256);
  for (const event of store.log) expect(replay.accept(event)).toBeUndefined();
  return balanceOf(replay.state, `wallet:${personId}`);
};

const opened = async (store: FakeStore, dropped?: Error[]): Promise<LedgerWriter> => {
  const writer = writerOf(store, dropped);
  await Promise.all(
    [openTestMoney, openWallet(anna), openWallet(bruno), fund(anna, 100n)].map((c) => writer.submit(c)),
  );
  return writer;
};

const bytesOf = (events: StoredEvent[]): number =>
  JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)).length;

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('LedgerWriter', () => {
  it('decides what comes together in one append', async () => {
    const store = new FakeStore();
    await opened(store);
    expect(store.log.map((event) => event.type)).toEqual([
      'LedgerCreated',
      'AccountOpened',
      'AccountOpened',
      'AccountOpened',
      'EntryPosted',
    ]);
    expect(store.appends).toEqual([5]);
    expect(balanceInLog(store, anna)).toBe(100n);
  });

  it('keeps an append under what the store takes, however large the entries are', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    const people = Array.from({ length: 99 }, () => uuidv7());
    await Promise.all(people.map((person) => writer.submit(openWallet(person))));
    const large = (): LedgerCommand => ({
      type: 'PostEntry',
      entryId: uuidv7({ msecs: nowMs }),
      kind: 'test-funding',
      currency: 'EUR',
      postings: [
        { account: 'source:test-money', amount: 99n },
        ...people.map((person) => ({ account: `wallet:${person}`, amount: -1n })),
      ],
      reference: 'test',
    });
    store.appends = [];
    const first = store.log.length;
    await Promise.all(Array.from({ length: 300 }, () => writer.submit(large())));
    let sent = first;
    for (const count of store.appends) {
      expect(bytesOf(store.log.slice(sent, sent + count))).toBeLessThan(1024 * 1024);
      sent += count;
    }
    expect(sent - first).toBe(300);
  });

  it('decides the next batch while the last is being written, on the state after it', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    const first = writer.submit(transfer(60n));
    await turn();
    const second = writer.submit(transfer(60n));
    await turn();
    store.held[0]?.();
    expect((await first).outcome).toBe('accepted');
    // Decided while the first was under way, and sent now.
    expect(store.held).toHaveLength(2);
    store.held[1]?.();
    expect(await second).toMatchObject({ outcome: 'refused', code: 'insufficient_funds' });
    expect(balanceInLog(store, bruno)).toBe(60n);
  });

  it('answers only once the append is in the log', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    let answered = false;
    const first = writer.submit(transfer(60n)).finally(() => (answered = true));
    for (let turns = 0; turns < 5; turns += 1) await turn();
    expect(answered).toBe(false);
    store.held.shift()?.();
    expect((await first).outcome).toBe('accepted');
    expect(balanceInLog(store, bruno)).toBe(60n);
  });

  it('answers "repeated" only once the append it rests on is in the log', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    const command = transfer(10n);
    store.held = [];
    const first = writer.submit(command);
    await turn();
    let answered = false;
    const again = writer.submit(command).finally(() => (answered = true));
    await turn();
    expect(answered).toBe(false);
    store.held[0]?.();
    expect((await first).outcome).toBe('accepted');
    expect((await again).outcome).toBe('repeated');
    expect(balanceInLog(store, bruno)).toBe(10n);
  });

  it('loses to another writer, reloads, and goes on from what the log says', async () => {
    const store = new FakeStore();
    const dropped: Error[] = [];
    const writer = await opened(store, dropped);
    const other = writerOf(store);
    await other.submit(transfer(70n));
    const command = transfer(60n);
    await expect(writer.submit(command)).rejects.toThrow(LedgerUnavailable);
    expect(dropped).toHaveLength(1);
    expect(await writer.submit(command)).toMatchObject({ outcome: 'refused', code: 'insufficient_funds' });
    expect(balanceInLog(store, bruno)).toBe(70n);
  });

  it('does nothing twice when the acknowledgement of an append is lost', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    const command = transfer(10n);
    store.failNext = { after: new Error('connection lost') };
    await expect(writer.submit(command)).rejects.toThrow('connection lost');
    expect((await writer.submit(command)).outcome).toBe('repeated');
    expect(balanceInLog(store, bruno)).toBe(10n);
  });

  it('refuses what was decided on an append that failed', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    store.failNext = { before: new Error('disk full') };
    const results = Promise.allSettled([
      writer.submit(transfer(10n)),
      turn().then(() => writer.submit(transfer(20n))),
    ]);
    await turn();
    await turn();
    for (const release of store.held) release();
    expect((await results).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    store.held = undefined;
    expect((await writer.submit(transfer(5n))).outcome).toBe('accepted');
    expect(balanceInLog(store, bruno)).toBe(5n);
  });

  it('builds nothing on an append that is lost, even where another writer has appended as much', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    const results = Promise.allSettled([
      writer.submit(transfer(10n)),
      turn().then(() => writer.submit(transfer(20n))),
    ]);
    await turn();
    await turn();
    const held = store.held;
    store.held = undefined;
    await writerOf(store).submit(transfer(30n));
    for (let sent = 0; sent < held.length; sent += 1) {
      held[sent]?.();
      await turn();
    }
    expect((await results).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(balanceInLog(store, bruno)).toBe(30n);
  });

  it('does not write to a history that does not verify', async () => {
    const store = new FakeStore();
    await opened(store);
    const [event] = store.log.splice(4, 1);
    store.log.push({ ...(event as StoredEvent), data: { ...(event?.data as object), reference: 'forged' } });
    const writer = writerOf(store);
    await expect(writer.submit(transfer(1n))).rejects.toThrow(LedgerDamaged);
    await expect(writer.submit(transfer(1n))).rejects.toThrow('revision 4');
    expect(store.appends).toEqual([5]);
  });

  it('shows the book right after each decision, and answers once that is durable', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    const seen = (command: LedgerCommand) =>
      writer.decide(command, ({ outcome }, state) => [
        outcome,
        state.revision,
        balanceOf(state, `wallet:${bruno}`),
      ]);
    const command = transfer(10n);
    expect(await Promise.all([seen(command), seen(transfer(5n)), seen(command)])).toEqual([
      ['accepted', 5n, 10n],
      ['accepted', 6n, 15n],
      ['repeated', 6n, 15n],
    ]);
  });

  it('looks at the book only once all before is in the log', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    store.failNext = { before: new Error('disk full') };
    const sent = Promise.allSettled([writer.submit(transfer(10n))]);
    await turn();
    const look = Promise.allSettled([writer.look((state) => balanceOf(state, `wallet:${bruno}`))]);
    await turn();
    store.held[0]?.();
    expect(await sent).toMatchObject([{ status: 'rejected' }]);
    expect(await look).toMatchObject([{ status: 'rejected' }]);
    store.held = undefined;
    expect(await writer.look((state) => balanceOf(state, `wallet:${bruno}`))).toBe(0n);
  });

  it('decides each of many for itself, in as few appends as they fit into', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.appends = [];
    const many = Array.from({ length: 1_500 }, (_, n) => transfer(n === 7 ? 1_000n : n < 100 ? 1n : 2n));
    const outcomes = await writer.decideEach(many, ({ outcome }) => outcome);
    expect(outcomes.map((outcome) => outcome === 'accepted')).toEqual(many.map((_, n) => n !== 7 && n <= 99));
    expect(store.appends).toEqual([1_000, 500]);
    expect(balanceInLog(store, bruno)).toBe(99n);
  });

  it('takes all of several entries in one append, or none of them', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.appends = [];
    const revisionAfter: See<bigint> = (_, { revision }) => revision;
    const refused = [transfer(60n), transfer(60n), transfer(1n)];
    expect(await writer.decideAll(refused, revisionAfter)).toMatchObject({
      taken: false,
      decisions: [{ outcome: 'accepted' }, { outcome: 'refused' }, { outcome: 'accepted' }],
    });
    expect(store.appends).toEqual([]);
    const taken = [transfer(60n), transfer(39n)];
    expect(await writer.decideAll(taken, revisionAfter)).toEqual({ taken: true, seen: [5n, 6n] });
    expect(store.appends).toEqual([2]);
    expect(await writer.decideAll(taken, revisionAfter)).toEqual({ taken: true, seen: [6n, 6n] });
    expect(await writer.decideAll([...taken, transfer(1n)], revisionAfter)).toMatchObject({ taken: false });
    expect((await writer.submit(refused[2] as PostEntry)).outcome).toBe('accepted');
    expect(balanceInLog(store, bruno)).toBe(100n);
  });

  it('has room for a thousand entries that are taken together', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.appends = [];
    const entries = Array.from({ length: 1_000 }, () => ({
      ...transfer(1n),
      kind: 'k'.repeat(32),
      reference: 'r'.repeat(64),
      postings: [
        { account: `wallet:${anna}`, amount: 1n },
        { account: `wallet:${bruno}`, amount: -1n },
      ],
    }));
    expect(entries.reduce((total, entry) => total + weightOf(entry), 0)).toBe(MAX_APPEND_WEIGHT);
    await writer.submit(fund(anna, 1_000n));
    expect(await writer.decideAll(entries, () => true)).toMatchObject({ taken: true });
    expect(store.appends).toEqual([1, 1_000]);
    expect(bytesOf(store.log.slice(-1_000))).toBeLessThan(1024 * 1024);
  });

  it('refuses what is too much to wait, and says that nothing was done', async () => {
    const store = new FakeStore();
    const writer = await opened(store);
    store.held = [];
    const many = Array.from({ length: 1_000 }, () => transfer(1n));
    const thousands = (count: number) =>
      Array.from({ length: count }, () => writer.decideEach(many, () => true));
    const underWay = thousands(2);
    await turn();
    const sent = Promise.allSettled([...underWay, ...thousands(20)]);
    await expect(writer.submit(transfer(1n))).rejects.toThrow(LedgerBusy);
    const { held } = store;
    store.held = undefined;
    for (const release of held) release();
    expect((await sent).filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});
