import { LedgerWriter, SnapshotKeeper, SnapshotReader } from '@florin/books';
import { baseConfig, loadConfig } from '@florin/configuration';
import { ledgerStream, markets, walletAccount } from '@florin/contracts';
import { startEventStore, type EmbeddedEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore, type StoredEvent } from '@florin/event-store';
import {
  balanceOf,
  decodeRecord,
  emptyLedger,
  evolve,
  supplyAccount,
  trialBalance,
  type LedgerCommand,
  type LedgerState,
} from '@florin/ledger';
import { generateKey } from '@florin/proofs';
import { startService, type RunningService } from '@florin/service-host';
import {
  ApiClient,
  eventually,
  startTokenAuthority,
  type Answer,
  type ProblemDto,
  type TokenAuthority,
} from '@florin/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { projectBalances } from '../balances/balance.projection.js';
import { walletsOf } from '../balances/balance.queries.js';
import { startTestDatabase, type TestDatabase } from '../database.fixture.spec.js';
import { openTestMoney, openWallet } from '../ledgers/ledger.js';
import { LogBehind } from '../ledgers/log-check.js';
import {
  BookController,
  PastBalancesController,
  pastHandlers,
  type PastHandlers,
} from './past.controller.js';
import { PastQueries } from './past.queries.js';

const { ledger, currency } = markets.it;
const key = generateKey(`florin.example/ledger/${ledger}`);
const segmentEvents = 16;
const START = Date.UTC(2026, 9, 1, 12);
const [anna, bruno] = [uuidv7(), uuidv7()];
const source = 'source:test-money';
const [reserve, purse, supply] = ['reserve:caffe', `caffe:${anna}`, supplyAccount('CAFFE')];

/** Whole numbers below a limit; the same seed gives the same. */
function lottery(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Payments, units of an asset and refusals, and when each is asked for; some in the same millisecond. */
function* story(length: number): Generator<readonly [LedgerCommand, number]> {
  const draw = lottery(20_261_001);
  const opening = { owner: null, class: 'liability', chart: '2020', floor: 0n, testMoney: false } as const;
  yield [openTestMoney, START];
  yield [openWallet(anna), START];
  yield [openWallet(bruno), START];
  yield [{ type: 'OpenAccount', account: reserve, ...opening }, START];
  let now = START + 60_000;
  const asset = { code: 'CAFFE', scale: 2, issuer: bruno, reserve, backing: 2n };
  const asked = { commandId: uuidv7({ msecs: now }), reference: 'case-1' };
  yield [{ type: 'DefineAsset', ...asked, ...asset }, now];
  yield [{ type: 'OpenAccount', account: purse, ...opening, owner: anna, currency: 'CAFFE' }, now];
  const sides: readonly (readonly [string, string, string])[] = [
    [source, walletAccount(anna), currency],
    [walletAccount(anna), walletAccount(bruno), currency],
    [walletAccount(bruno), walletAccount(anna), currency],
    [walletAccount(bruno), reserve, currency],
    [supply, purse, 'CAFFE'],
    [purse, supply, 'CAFFE'],
  ];
  for (let n = 0; n < length; n += 1) {
    now += draw(3) === 0 ? 0 : draw(5_000);
    const [from, to, unit] = sides[draw(sides.length)] as (typeof sides)[number];
    const amount = BigInt(1 + draw(500));
    const postings = [
      { account: from, amount },
      { account: to, amount: -amount },
    ];
    const labels = { entryId: uuidv7({ msecs: now }), kind: 'p2p', currency: unit, reference: `r-${n}` };
    yield [{ type: 'PostEntry', ...labels, postings }, now];
  }
}

describe('the past of a book, over HTTP', () => {
  let dataDir: string;
  let engine: EmbeddedEventStore;
  let store: EventStore;
  let test: TestDatabase;
  let authority: TokenAuthority;
  let service: RunningService;
  let api: ApiClient;
  let tokens: { anna: string; auditor: string; stranger: string; other: string };
  const events: StoredEvent[] = [];
  const fallbacks: Error[] = [];
  let nowMs = 0;
  let checkLog = (): Promise<void> => Promise.resolve();

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-past-'));
    engine = await startEventStore({ dataDir });
    store = connectEventStore(engine.url);
    test = await startTestDatabase();
    await writeBook();
    await projectBalances(test.database, ledger)(events);
    const keeper = new SnapshotKeeper({ ledger, currency, store, signer: key, segmentEvents });
    keeper.start();
    const reader = new SnapshotReader({ store, ledger });
    const segments = Math.floor(events.length / segmentEvents);
    await eventually(async () => expect(await reader.segments()).toBe(segments), 30_000);
    await keeper.stop();
    nowMs = recordedAt(events.length - 1) + 3_600_000;
    authority = await startTokenAuthority();
    tokens = {
      anna: await authority.personToken(anna),
      stranger: await authority.personToken(uuidv7()),
      auditor: await authority.serviceToken('auditor', ['ledger:read']),
      other: await authority.serviceToken('other', ['people:read']),
    };
    service = await serve({ wallets: (...asked) => walletsOf(test.database, ...asked), past: pastOf() });
    api = new ApiClient(service.url);
  }, 90_000);

  afterAll(async () => {
    await api?.close();
    await service?.stop();
    await authority?.close();
    await test?.close();
    await store?.close();
    await engine?.close();
    await rm(dataDir, { recursive: true, force: true });
  }, 30_000);

  async function writeBook(): Promise<void> {
    let now = START;
    const writer = new LedgerWriter({ ledger, currency, store, nowMs: () => now });
    for (const [command, at] of story(80)) {
      now = at;
      await writer.submit(command);
    }
    for await (const page of store.read(ledgerStream(ledger))) events.push(...page);
  }

  const pastOf = (keys = [key.verifier] as const): PastQueries =>
    new PastQueries({
      ...{ store, sql: test.database, segmentEvents, nowMs: () => nowMs, checkLog: () => checkLog() },
      keys: new Map([[ledger, keys]]),
      onFallback: (_ledger, reason) => fallbacks.push(reason),
    });

  function serve(handlers: PastHandlers): Promise<RunningService> {
    const config = loadConfig(baseConfig, {
      ...{ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent' },
      ...authority.environment,
    });
    class PastModule {}
    const module = () => ({
      module: PastModule,
      controllers: [PastBalancesController, BookController],
      providers: [{ provide: pastHandlers, useValue: handlers }],
    });
    return startService({ name: 'wallet', config: baseConfig, module }, config);
  }

  const recordedAt = (revision: number): number => decodeRecord(events[revision] as StoredEvent).recordedAt;

  /** The book as a replay of all its events up to a revision leaves it. */
  const replayed = (revision: number): LedgerState =>
    events
      .slice(0, revision + 1)
      .reduce((state, stored) => evolve(state, decodeRecord(stored)), emptyLedger(ledger, currency));

  const balances = (query: string, token = tokens.anna): Promise<Answer> =>
    api.call('GET', `/v1/balances${query}`, { token });
  const sums = (query: string, token = tokens.auditor, book: string = ledger): Promise<Answer> =>
    api.call('GET', `/internal/ledgers/${book}/trial-balance${query}`, { token });

  const problemOf = ({ status, body, headers }: Answer): [number, string | undefined] => {
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    return [status, (body as ProblemDto).type.split('/').at(-1)];
  };

  function expectedSums(state: LedgerState, code: string): object {
    const { byChart, byClass, ...all } = trialBalance(state, code);
    const wire = (row: object): object =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
      );
    return {
      ...wire(all),
      difference: Number(all.difference),
      classes: byClass.map(wire),
      charts: byChart.map(wire),
    };
  }

  function expectedItems(state: LedgerState): object[] {
    return [purse, walletAccount(anna)].flatMap((account) => {
      const value = balanceOf(state, account);
      const unit = state.accounts.get(account)?.account.currency;
      const balance = { value: Number(value), currency: unit };
      return value === undefined ? [] : [{ account, class: 'liability', balance }];
    });
  }

  it('is exact at every revision', async () => {
    expect(events.length).toBeGreaterThan(5 * segmentEvents);
    for (const [revision, stored] of events.entries()) {
      const state = replayed(revision);
      const moment = {
        ...{ ledger, revision, provisional: false },
        recordedAt: new Date(recordedAt(revision)).toISOString(),
      };
      const { hash } = stored.metadata as { hash: string };
      for (const code of [currency, ...state.assets.keys()]) {
        const answer = await sums(`?at=${revision}&currency=${code}`);
        expect([answer.status, answer.body]).toEqual([
          200,
          { ...moment, hash, ...expectedSums(state, code) },
        ]);
        expect(answer.body).toMatchObject({ difference: 0 });
      }
      const own = await balances(`?at=${revision}`);
      expect([own.status, own.body]).toEqual([
        200,
        { ...moment, items: expectedItems(state), nextCursor: null },
      ]);
    }
    expect(fallbacks).toEqual([]);
  }, 120_000);

  it('is exact at every instant: what was recorded by then counts, to the millisecond', async () => {
    for (const revision of [0, 5, 16, 31, 40, 77, events.length - 1]) {
      for (const ms of [recordedAt(revision) - 1, recordedAt(revision)]) {
        const last = events.findLastIndex((_, at) => recordedAt(at) <= ms);
        const answer = await sums(`?at=${new Date(ms).toISOString()}`);
        if (last < 0) expect(problemOf(answer)).toEqual([404, 'point-before-ledger']);
        else {
          expect(answer.body).toMatchObject({ revision: last, ...expectedSums(replayed(last), currency) });
          const own = await balances(`?at=${encodeURIComponent(new Date(ms).toISOString())}`);
          expect(own.body).toMatchObject({ revision: last, items: expectedItems(replayed(last)) });
        }
      }
    }
    const there = new Date(recordedAt(40)).toISOString().replace('Z', '+00:00');
    const at = encodeURIComponent(there.replace('T12', 'T14').replace('+00', '+02'));
    expect((await balances(`?at=${at}`)).body).toMatchObject({
      recordedAt: new Date(recordedAt(40)).toISOString(),
    });
  });

  it('is the head where nothing else is asked for, and provisional while more may come', async () => {
    const last = events.length - 1;
    expect((await balances('')).body).toMatchObject({
      ...{ revision: last, provisional: false, items: expectedItems(replayed(last)) },
    });
    const now = new Date(nowMs).toISOString();
    expect((await sums(`?at=${now}`)).body).toMatchObject({ revision: last, provisional: true });
    const before = new Date(nowMs - 60_000).toISOString();
    expect((await sums(`?at=${before}`)).body).toMatchObject({ revision: last, provisional: false });
  });

  it('is told of accounts page by page, or of one', async () => {
    const first = await balances('?limit=1&market=it');
    expect(first.body).toMatchObject({ items: [{ account: purse }], nextCursor: purse });
    const second = await balances(`?limit=1&cursor=${purse}`);
    expect(second.body).toMatchObject({ items: [{ account: walletAccount(anna) }], nextCursor: null });
    const one = await balances(`?account=${walletAccount(anna)}&at=20`);
    expect((one.body as { items: object[] }).items).toHaveLength(1);
  });

  it('is told of own accounts alone, and of whole books to those with the scope', async () => {
    expect(problemOf(await balances('', tokens.stranger))).toEqual([404, 'wallet-not-found']);
    const foreign = await balances(`?account=${walletAccount(bruno)}`);
    expect(problemOf(foreign)).toEqual([404, 'account-not-found']);
    expect(problemOf(await balances('', tokens.auditor))).toEqual([401, 'token-foreign']);
    expect(problemOf(await sums('', tokens.anna))).toEqual([401, 'token-foreign']);
    expect(problemOf(await sums('', tokens.other))).toEqual([403, 'forbidden']);
  });

  it('says what is wrong with a question', async () => {
    expect(problemOf(await sums(`?at=${events.length}`))).toEqual([404, 'point-ahead']);
    const ahead = new Date(nowMs + 1).toISOString();
    for (const ask of [balances, sums]) {
      expect(problemOf(await ask(`?at=${ahead}`))).toEqual([404, 'point-ahead']);
      expect(problemOf(await ask('?at=9007199254740991'))).toEqual([404, 'point-ahead']);
      for (const point of [
        '',
        '-1',
        '1.5',
        'yesterday',
        '2026-10-01',
        '2026-10-01T12:00:00',
        '9007199254740993',
      ]) {
        expect([point, ...problemOf(await ask(`?at=${point}`))]).toEqual([point, 400, 'invalid-request']);
      }
      expect(problemOf(await ask('?at=1&at=2'))).toEqual([400, 'invalid-request']);
      expect(problemOf(await ask('?at=2026-09-01T00:00:00Z'))).toEqual([404, 'point-before-ledger']);
    }
    expect(problemOf(await balances('?limit=21'))).toEqual([400, 'invalid-request']);
    expect(problemOf(await balances('?market=br'))).toEqual([404, 'wallet-not-found']);
    expect(problemOf(await balances(`?account=${purse}&at=3`))).toEqual([404, 'account-not-found']);
    expect(problemOf(await sums('', tokens.auditor, 'br-brl'))).toEqual([404, 'ledger-not-found']);
    expect(problemOf(await sums('', tokens.auditor, 'x'))).toEqual([400, 'invalid-request']);
    expect(problemOf(await sums('?currency=CAFFE&at=3'))).toEqual([404, 'currency-not-found']);
  });

  it('is not told from a log that is behind', async () => {
    checkLog = () => Promise.reject(new LogBehind(ledger, 3n, 9n));
    for (const ask of [balances, sums]) expect(problemOf(await ask('?at=1'))).toEqual([503, 'unavailable']);
    checkLog = () => Promise.resolve();
  });

  it('is read from the first event on where nobody known has signed the snapshots, and the same', async () => {
    const other = pastOf([generateKey(`florin.example/ledger/${ledger}`).verifier] as const);
    const point = { revision: 70n };
    const { sums: found } = await other.trialBalance(ledger, undefined, point);
    expect(found).toEqual(trialBalance(replayed(70)));
    expect(fallbacks.map(({ message }) => message)).toEqual(['no known key has signed']);
  });

  it('is told to so many at once, and the rest may ask again', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    checkLog = () => gate;
    const asked = Array.from({ length: 12 }, () => sums('?at=40'));
    const early = await Promise.race(asked);
    expect([problemOf(early), early.headers['retry-after']]).toEqual([[503, 'past-busy'], '1']);
    open();
    const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(200), 503, 503]);
    checkLog = () => Promise.resolve();
  });
});
