import { sha256, type StoredEvent } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  balanceOf,
  type LedgerCommand,
} from '@florin/ledger';
import type { PreparedDatabase } from '@florin/service-host';
import { v7 as uuidv7 } from 'uuid';
import { startTestDatabase, type TestDatabase } from '../database.fixture.spec.js';
import { openTestMoney, openWallet } from '../ledgers/ledger.js';
import { progressOf } from '../ledgers/progress.js';
import { projectBalances } from './balance.projection.js';
import { historyOf, walletsOf } from './balance.queries.js';

describe('the read models of a ledger', () => {
  let opened: TestDatabase;
  let database: PreparedDatabase;

  beforeAll(async () => {
    opened = await startTestDatabase();
    database = opened.database;
  }, 60_000);

  afterAll(() => opened?.close(), 30_000);

  /** What a ledger that decided these commands has stored. */
  function historyFrom(ledger: string, commands: LedgerCommand[]) {
    const sealer = createSealer(ledger, sha256, GENESIS);
    let state = emptyLedger(ledger, 'EUR');
    const stored: StoredEvent[] = [];
    for (const command of commands) {
      for (const event of decide(state, command, Date.now()).events) {
        const { id, type, data, metadata } = sealer.seal(event);
        stored.push({ id, type, data, metadata, revision: BigInt(stored.length), created: new Date() });
        state = evolve(state, event);
      }
    }
    return { stored, state };
  }

  const move = (from: string, to: string, amount: bigint): LedgerCommand => ({
    type: 'PostEntry',
    entryId: uuidv7(),
    kind: 'p2p',
    currency: 'EUR',
    postings: [
      { account: from, amount },
      { account: to, amount: -amount },
    ],
    reference: 'test',
  });

  const scene = (ledger: string) => {
    const [anna, bruno] = [uuidv7(), uuidv7()];
    const { stored, state } = historyFrom(ledger, [
      openTestMoney,
      openWallet(anna),
      openWallet(bruno),
      move('source:test-money', `wallet:${anna}`, 1000n),
      move(`wallet:${anna}`, `wallet:${bruno}`, 300n),
      move(`wallet:${anna}`, `wallet:${bruno}`, 5000n),
      move(`wallet:${bruno}`, `wallet:${anna}`, 50n),
    ]);
    return { anna, bruno, stored, state };
  };

  it('hold what the ledger says, however the events are cut into batches and repeated', async () => {
    const { anna, bruno, stored, state } = scene('aa-eur');
    const project = projectBalances(database, 'aa-eur');
    await project(stored.slice(0, 5));
    await project(stored.slice(2, 7));
    await project(stored.slice(4));
    await project(stored);
    expect(await progressOf(database, 'balances', 'aa-eur')).toBe(BigInt(stored.length - 1));
    for (const person of [anna, bruno]) {
      const [wallet] = await walletsOf(database, person);
      expect(wallet).toEqual({
        ledger: 'aa-eur',
        account: `wallet:${person}`,
        currency: 'EUR',
        balanceMinor: balanceOf(state, `wallet:${person}`),
        heldMinor: 0n,
        frozen: null,
        closed: false,
        revision: BigInt(stored.length - 1),
      });
    }
  });

  it('give the history of an account with its running balance, newest first, page by page', async () => {
    const { anna, stored } = scene('bb-eur');
    await projectBalances(database, 'bb-eur')(stored);
    const account = { ledger: 'bb-eur', account: `wallet:${anna}` };
    const all = await historyOf(database, account, { limit: 10 });
    expect(all.map((item) => [item.amountMinor, item.balanceAfterMinor])).toEqual([
      [50n, 750n],
      [-300n, 700n],
      [1000n, 1000n],
    ]);
    const first = await historyOf(database, account, { limit: 2 });
    const rest = await historyOf(database, account, { limit: 2, before: Number(first.at(-1)?.revision) });
    expect([...first, ...rest]).toEqual(all);
  });

  it('apply nothing of a batch that fails', async () => {
    const { anna, stored } = scene('cc-eur');
    const broken = { ...(stored.at(-1) as StoredEvent), type: 'Unheard' };
    await expect(projectBalances(database, 'cc-eur')([...stored.slice(0, -1), broken])).rejects.toThrow(
      'Unheard',
    );
    expect(await walletsOf(database, anna)).toEqual([]);
    expect(await progressOf(database, 'balances', 'cc-eur')).toBe(-1n);
  });
});
