import { bookAt, LedgerWriter } from '@florin/books';
import {
  cloudEvent,
  defineAsset,
  entryRejected,
  ledgerStream,
  markets,
  openAccountOnTerms,
  outcomeIdIn,
  postEntry,
  walletAccount,
  type CloudEvent,
  type EventDefinition,
} from '@florin/contracts';
import { startEventStore, type EmbeddedEventStore } from '@florin/embedded';
import { connectEventStore, type EventStore, type StoredEvent } from '@florin/event-store';
import { reservesOf, supplyAccount, trialBalance, type LedgerState } from '@florin/ledger';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { projectBalances } from '../balances/balance.projection.js';
import { startTestDatabase, type TestDatabase } from '../database.fixture.spec.js';
import { decideCommands } from './command.consumer.js';
import type { CommandEvent } from './ledger.commands.js';
import { openTestMoney, openWallet } from './ledger.js';
import { toPublished } from './ledger.events.js';

const { ledger, currency } = markets.it;
const [anna, bar] = [uuidv7(), uuidv7()];
const [reserve, purse, supply] = ['reserve:caffe', `caffe:${anna}`, supplyAccount('CAFFE')];
const source = 'source:test-money';

describe('an issued asset, from the commands of an operator on', () => {
  let dataDir: string;
  let engine: EmbeddedEventStore;
  let store: EventStore;
  let test: TestDatabase;
  let decide: ReturnType<typeof decideCommands>;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'florin-assets-'));
    engine = await startEventStore({ dataDir });
    store = connectEventStore(engine.url);
    test = await startTestDatabase();
    const writer = new LedgerWriter({ ledger, currency, store, nowMs: Date.now });
    decide = decideCommands({
      writerOf: () => writer,
      remember: () => undefined,
      revisionOf: () => Promise.resolve(-1n),
      testMoney: true,
    });
    for (const account of [openTestMoney, openWallet(anna), openWallet(bar)]) await writer.submit(account);
  }, 60_000);

  afterAll(async () => {
    await test?.close();
    await store?.close();
    await engine?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const ask = <Data>(definition: EventDefinition<string, Data>, data: Data): Promise<void> => {
    const event = cloudEvent(definition, {
      id: uuidv7(),
      source: '/operator',
      time: new Date().toISOString(),
      data,
    });
    definition.data.parse(data);
    return decide([event as CommandEvent]);
  };
  const open = (account: string, terms: { owner?: string; currency?: string; floor?: number | null } = {}) =>
    ask(openAccountOnTerms, {
      ...{ ledger, account, owner: null, class: 'liability', chart: '2020', floor: 0 },
      ...terms,
    });
  const define = (code = 'CAFFE') => {
    const asked = { ledger, commandId: uuidv7(), reference: 'case-1' };
    return ask(defineAsset, { ...asked, code, scale: 2, issuer: bar, reserve, backing: 10 });
  };

  /** Moves money or units, and answers `done`, or why not. */
  async function move(
    kind: 'issue' | 'redeem' | 'reserve' | 'test-funding',
    [from, to]: readonly [string, string],
    amount: number,
  ): Promise<string> {
    const entryId = uuidv7();
    const units = kind === 'issue' || kind === 'redeem' ? 'CAFFE' : currency;
    const postings = [
      { account: from, amount },
      { account: to, amount: -amount },
    ];
    await ask(postEntry, { ledger, entryId, kind, currency: units, postings, reference: 'case-1' });
    const published = (await events()).map((stored) => toPublished(ledger, stored));
    const outcome = published.find((event) => event && outcomeIdIn(event.data as object) === entryId);
    const { type, data } = outcome as CloudEvent;
    return type === entryRejected.type ? entryRejected.data.parse(data).code : 'done';
  }

  async function events(): Promise<StoredEvent[]> {
    const all: StoredEvent[] = [];
    for await (const page of store.read(ledgerStream(ledger))) all.push(...page);
    return all;
  }

  async function book(revision?: bigint): Promise<LedgerState> {
    const { state, finding } = await bookAt(
      { store, ledger },
      revision ?? BigInt((await events()).length - 1),
    );
    expect(finding).toBeUndefined();
    return state;
  }

  it('has a reserve and purses of its own, which open once and on one set of terms', async () => {
    await expect(open(purse, { owner: anna, currency: 'CAFFE' })).rejects.toThrow('asset_unknown');
    await open(reserve);
    await open(reserve);
    await expect(open(reserve, { floor: null })).rejects.toThrow('account_conflict');
    await define();
    await open(purse, { owner: anna, currency: 'CAFFE' });
    await open(purse, { owner: anna, currency: 'CAFFE' });
    const { accounts } = await book();
    expect(accounts.get(purse)?.account).toMatchObject({ owner: anna, currency: 'CAFFE', floor: 0n });
    expect([...accounts.keys()]).toEqual([
      ...[source, walletAccount(anna), walletAccount(bar), reserve, supply, purse],
    ]);
  });

  it('is issued up to what its reserve covers, and redeemed', async () => {
    expect(await move('issue', [supply, purse], 1)).toBe('reserve_exceeded');
    expect(await move('test-funding', [source, walletAccount(bar)], 1_000)).toBe('done');
    expect(await move('reserve', [walletAccount(bar), reserve], 500)).toBe('done');
    expect(await move('issue', [supply, purse], 5_000)).toBe('done');
    const full = (await book()).revision;
    expect(await move('issue', [supply, purse], 1)).toBe('reserve_exceeded');
    expect(await move('reserve', [reserve, walletAccount(bar)], 1)).toBe('reserve_exceeded');
    expect(await move('redeem', [purse, supply], 5_001)).toBe('insufficient_funds');
    expect(await move('redeem', [purse, supply], 2_000)).toBe('done');
    expect(await move('reserve', [reserve, walletAccount(bar)], 201)).toBe('reserve_exceeded');
    expect(await move('reserve', [reserve, walletAccount(bar)], 200)).toBe('done');
    const now = await book();
    expect(reservesOf(await book(full), 'CAFFE')).toMatchObject({
      supply: 5_000n,
      reserve: 500n,
      covered: 5_000n,
    });
    expect(reservesOf(now, 'CAFFE')).toMatchObject({ supply: 3_000n, reserve: 300n, covered: 3_000n });
    for (const code of [currency, 'CAFFE']) expect(trialBalance(now, code).difference).toBe(0n);
  });

  it('is in the read models as it is in the book', async () => {
    await projectBalances(test.database, ledger)(await events());
    const rows = await test.database.query(
      `SELECT account, currency, balance::int, owner FROM accounts WHERE currency = 'CAFFE' ORDER BY account`,
    );
    expect(rows).toEqual([
      { account: purse, currency: 'CAFFE', balance: 3_000, owner: anna },
      { account: supply, currency: 'CAFFE', balance: 3_000, owner: bar },
    ]);
  });

  it('has a reserve of its own', async () => {
    await define('CORNETTO');
    const refused = (await events()).at(-1) as StoredEvent;
    expect(toPublished(ledger, refused)?.data).toMatchObject({ kind: 'asset', code: 'asset_invalid' });
  });
});
