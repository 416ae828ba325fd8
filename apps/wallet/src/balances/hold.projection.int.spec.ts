import type { CloudEvent } from '@florin/contracts';
import { sha256, type StoredEvent } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type LedgerCommand,
  type LedgerState,
} from '@florin/ledger';
import type { PreparedDatabase } from '@florin/service-host';
import { eventually } from '@florin/testing';
import { v7 as uuidv7 } from 'uuid';
import { startTestDatabase, type TestDatabase } from '../database.fixture.spec.js';
import { entryRevisions } from '../ledgers/entry-revisions.js';
import { endHolds } from '../ledgers/hold-expiry.js';
import { openTestMoney, openWallet } from '../ledgers/ledger.js';
import { projectBalances } from './balance.projection.js';
import { walletsOf } from './balance.queries.js';
import { holdsAreDue } from './hold.projection.js';

describe('the read models of holds and of what accounts may do', () => {
  let opened: TestDatabase;
  let database: PreparedDatabase;

  beforeAll(async () => {
    opened = await startTestDatabase();
    database = opened.database;
  }, 60_000);

  afterAll(() => opened?.close(), 30_000);

  const start = Date.now();

  /** A book and its log. */
  class Book {
    private readonly sealer;
    private state: LedgerState;
    readonly log: StoredEvent[] = [];
    readonly person = uuidv7();
    readonly account = `wallet:${this.person}`;

    constructor(readonly ledger: string) {
      this.sealer = createSealer(ledger, sha256, GENESIS);
      this.state = emptyLedger(ledger, 'EUR');
      this.do(openTestMoney).do(openWallet(this.person)).do(this.entry('source:test-money', 'test-funding'));
    }

    entry(from: string, kind: string, amount = 100n): LedgerCommand & { readonly entryId: string } {
      const to = from === this.account ? 'source:test-money' : this.account;
      return {
        ...{ type: 'PostEntry', entryId: uuidv7(), kind, currency: 'EUR', reference: 'r' },
        postings: [
          { account: from, amount },
          { account: to, amount: -amount },
        ],
      };
    }

    do(command: LedgerCommand, afterMs = 0): this {
      const { outcome, events } = decide(this.state, command, start + afterMs);
      expect(outcome).toBe('accepted');
      for (const event of events) {
        const { id, type, data, metadata } = this.sealer.seal(event);
        const place = { revision: BigInt(this.log.length), created: new Date() };
        this.log.push({ id, type, data, metadata, ...place });
        this.state = evolve(this.state, event);
      }
      return this;
    }

    hold(holdId: string, amount: bigint): this {
      const terms = { account: this.account, currency: 'EUR', amount, expiresAt: start + 60_000 };
      return this.do({ type: 'PlaceHold', holdId, ...terms, kind: 'order', reference: 'o' });
    }

    capture(holdId: string, amount: bigint, final: boolean): this {
      const command = this.entry(this.account, 'order', amount);
      return this.do({ ...command, capture: { holdId, final } } as LedgerCommand);
    }

    /** What is held in the state and, when all of the log was projected, in the read models. */
    async held(): Promise<[bigint | undefined, bigint | undefined]> {
      const [wallet] = await walletsOf(database, this.person);
      return [this.state.accounts.get(this.account)?.held, wallet?.heldMinor];
    }
  }

  const asked = () => ({ commandId: uuidv7(), reference: 'case-1' });

  function busy(ledger: string): Book {
    const [whole, part, rest, released, expired] = Array.from({ length: 5 }, () => uuidv7()) as [
      string,
      string,
      string,
      string,
      string,
    ];
    return new Book(ledger)
      .hold(whole, 10n)
      .hold(part, 20n)
      .hold(rest, 15n)
      .hold(released, 5n)
      .hold(expired, 7n)
      .capture(whole, 10n, false)
      .capture(part, 8n, false)
      .capture(rest, 1n, true)
      .do({ type: 'ReleaseHold', ...asked(), holdId: released })
      .do({ type: 'ExtendHold', ...asked(), holdId: part, expiresAt: start + 90_000 })
      .do({ type: 'ExpireHolds', limit: 5 }, 60_000);
  }

  it('hold what the book does, however its events are cut into batches and repeated', async () => {
    const atOnce = busy('aa-eur');
    await projectBalances(database, 'aa-eur')(atOnce.log);
    expect(await atOnce.held()).toEqual([12n, 12n]);

    const oneByOne = busy('bb-eur');
    const project = projectBalances(database, 'bb-eur');
    for (const [index] of oneByOne.log.entries()) await project(oneByOne.log.slice(0, index + 1));
    expect(await oneByOne.held()).toEqual([12n, 12n]);
    expect(await walletsOf(database, oneByOne.person)).toMatchObject([{ balanceMinor: 81n }]);
    const due = (ms: number) => holdsAreDue(database, 'bb-eur', new Date(start + ms));
    expect([await due(89_999), await due(90_000)]).toEqual([false, true]);
  });

  it('say which way no money may go, and whether a wallet was closed', async () => {
    const book = new Book('cc-eur').do({
      ...{ type: 'FreezeAccount', ...asked() },
      ...{ account: 'source:test-money', frozen: 'in' },
    });
    const project = projectBalances(database, 'cc-eur');
    const shown = async () => {
      await project(book.log);
      const [wallet] = await walletsOf(database, book.person);
      return [wallet?.frozen, wallet?.closed];
    };
    const { account } = book;
    expect(await shown()).toEqual([null, false]);
    book.do({ type: 'FreezeAccount', ...asked(), account, frozen: 'out' });
    expect(await shown()).toEqual(['out', false]);
    book.do({ type: 'FreezeAccount', ...asked(), account, frozen: 'both' });
    book.do({ type: 'UnfreezeAccount', ...asked(), account: 'source:test-money' });
    expect(await shown()).toEqual(['both', false]);
    book.do({ type: 'UnfreezeAccount', ...asked(), account });
    book.do(book.entry(account, 'p2p'));
    book.do({ type: 'CloseAccount', ...asked(), account });
    expect(await shown()).toEqual([null, true]);
  });

  it('take accounts in issued assets, and show people none but their wallets', async () => {
    const book = new Book('dd-eur');
    const asset = { code: 'CAFFELATTE', scale: 2, issuer: book.person, backing: 1n };
    book.do({ type: 'DefineAsset', ...asked(), ...asset, reserve: book.account });
    await projectBalances(database, 'dd-eur')(book.log);
    const wallets = await walletsOf(database, book.person);
    expect(wallets.map(({ account, currency }) => [account, currency])).toEqual([[book.account, 'EUR']]);
  });

  it('know where an entry lies', async () => {
    const book = new Book('ee-eur');
    const entry = book.entry(book.account, 'p2p', 1n);
    book.do(entry);
    let asks = 0;
    const revisionOf = entryRevisions({
      sql: database,
      atHead: async (ledger) => {
        asks += 1;
        await projectBalances(database, ledger)(book.log);
      },
    });
    expect(await revisionOf('ee-eur', entry.entryId)).toBe(4n);
    expect(await revisionOf('ee-eur', uuidv7())).toBe(-1n);
    expect(asks).toBe(2);
  });

  it('have the holds end that are due, and ask for nothing else', async () => {
    const book = new Book('ff-eur').hold(uuidv7(), 10n);
    await projectBalances(database, 'ff-eur')(book.log);
    await database.query(`UPDATE holds SET expires_at = now() WHERE ledger = 'ff-eur'`);
    const published: CloudEvent[] = [];
    const errors: unknown[] = [];
    const expiry = endHolds({
      ledger: 'ff-eur',
      sql: database,
      publish: (events) => {
        published.push(...events);
        return published.length === 1 ? Promise.reject(new Error('Kafka is away')) : Promise.resolve();
      },
      onError: (error) => errors.push(error),
    });
    await eventually(() => expect(published.length).toBeGreaterThan(1));
    await database.query(`DELETE FROM holds WHERE ledger = 'ff-eur'`);
    await expiry.stop();
    expect(published[1]).toMatchObject({ partitionkey: 'ff-eur', data: { ledger: 'ff-eur' } });
    expect(errors).toMatchObject([{ message: 'Kafka is away' }]);
    expect(await holdsAreDue(database, 'ff-eur', new Date())).toBe(false);
  });
});
