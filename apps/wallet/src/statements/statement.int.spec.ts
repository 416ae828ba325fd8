import { monthPeriod, spanPeriod } from '@florin/books';
import { markets } from '@florin/contracts';
import { sha256, type StoredEvent } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type EntryPlace,
  type LedgerCommand,
  type LedgerEvent,
} from '@florin/ledger';
import type { PreparedDatabase } from '@florin/service-host';
import { statementCamt, statementCsv, statementJson, type StatementPeriod } from '@florin/statements';
import { v7 as uuidv7 } from 'uuid';
import { projectBalances } from '../balances/balance.projection.js';
import { walletsOf, type WalletBalance } from '../balances/balance.queries.js';
import { startTestDatabase, type TestDatabase } from '../database.fixture.spec.js';
import { openTestMoney, openWallet } from '../ledgers/ledger.js';
import { statementHandler } from './statement.handler.js';

const { it: italy } = markets;
const { ledger } = italy;
const [anna, bruno] = [uuidv7(), uuidv7()];
const wallet = `wallet:${anna}`;
const september = monthPeriod('2026-09', italy);
const october = monthPeriod('2026-10', italy);
const november = monthPeriod('2026-11', italy);
const december = monthPeriod('2026-12', italy);

/** An entry, and when it is recorded. */
const move = (nowMs: number, from: string, to: string, amount: bigint, effectiveAt?: number) => ({
  nowMs,
  command: {
    type: 'PostEntry',
    entryId: uuidv7({ msecs: nowMs }),
    kind: 'p2p',
    currency: 'EUR',
    postings: [
      { account: from, amount },
      { account: to, amount: -amount },
    ],
    reference: `payment-${amount}`,
    ...(effectiveAt !== undefined && { effectiveAt }),
  } satisfies LedgerCommand,
});

/** Anna's autumn: the last instant of October and the first of November are hers, and something takes effect before it is known. */
const source = 'source:test-money';
const mistake = move(october.to - 1, wallet, `wallet:${bruno}`, 250n);
const story: readonly { nowMs: number; command: LedgerCommand }[] = [
  { nowMs: september.from, command: openTestMoney },
  { nowMs: september.from, command: openWallet(anna) },
  { nowMs: september.from, command: openWallet(bruno) },
  move(october.from, source, wallet, 10_000n),
  move(october.from + 1, wallet, `wallet:${bruno}`, 1_250n),
  move(october.from + 2, wallet, `wallet:${bruno}`, 90_000n),
  mistake,
  move(november.from, `wallet:${bruno}`, wallet, 300n, october.to - 1),
];

describe('statements from the read models', () => {
  let opened: TestDatabase;
  let database: PreparedDatabase;
  let own: WalletBalance;

  beforeAll(async () => {
    opened = await startTestDatabase();
    database = opened.database;
    await projectBalances(database, ledger)(history());
    own = (await walletsOf(database, anna))[0]!;
  }, 60_000);

  afterAll(() => opened?.close(), 30_000);

  /** What a ledger has stored that decided all this, and then took back what was a mistake. */
  function history(): StoredEvent[] {
    const sealer = createSealer(ledger, sha256, GENESIS);
    let state = emptyLedger(ledger, 'EUR');
    const stored: StoredEvent[] = [];
    let original: LedgerEvent | undefined;
    let place: EntryPlace | undefined;
    const take = (command: LedgerCommand, nowMs: number): void => {
      for (const event of decide(state, command, nowMs, original).events) {
        const { id, type, data, metadata } = sealer.seal(event);
        const revision = BigInt(stored.length);
        stored.push({ id, type, data, metadata, revision, created: new Date() });
        state = evolve(state, event);
        if (event.type !== 'EntryPosted' || event.entryId !== mistake.command.entryId) continue;
        original = event;
        place = { entryId: event.entryId, revision };
      }
    };
    for (const { nowMs, command } of story) take(command, nowMs);
    const nowMs = november.from + 1;
    const entryId = uuidv7({ msecs: nowMs });
    take({ type: 'ReverseEntry', entryId, reverses: place!, reference: 'case-1' }, nowMs);
    return stored;
  }

  /** An event store without checkpoints. */
  const store = { read: async function* () {} };
  const at =
    (nowMs: number, maxLines = 10) =>
    (wallet: WalletBalance, period: StatementPeriod) =>
      statementHandler({ sql: database, store, publicUrl: undefined, nowMs: () => nowMs })(
        wallet,
        period,
        maxLines,
      );
  const later = december.to + 60_000;

  it('have what was recorded in the month, to the millisecond, and join', async () => {
    const statements = await Promise.all(
      [september, october, november, december].map((period) => at(later)(own, period)),
    );
    expect(statements.map(({ opening, closing }) => [opening, closing])).toEqual([
      [0n, 0n],
      [0n, 8_500n],
      [8_500n, 9_050n],
      [9_050n, 9_050n],
    ]);
    expect(statements.map(({ lines }) => lines.map(({ change }) => change))).toEqual([
      [],
      [10_000n, -1_250n, -250n],
      [300n, 250n],
      [],
    ]);
    expect(statements.every(({ provisional }) => provisional === undefined)).toBe(true);
    expect(statements[2]?.lines[0]).toMatchObject({
      recordedAt: november.from,
      effectiveAt: october.to - 1,
      kind: 'p2p',
      reference: 'payment-300',
    });
    expect(statements[2]?.lines[1]).toMatchObject({
      kind: 'reversal',
      reference: 'case-1',
      reverses: mistake.command.entryId,
    });
    for (const render of [statementJson, statementCsv, statementCamt]) {
      expect(statements.map(render).every((text) => text.length > 100)).toBe(true);
    }
  });

  it('can be of any span, and are provisional until a minute after its end', async () => {
    const span = spanPeriod({ from: october.from + 1, to: october.to - 1 }, italy);
    const statement = await at(span.to + 59_999)(own, span);
    expect(statement).toMatchObject({
      opening: 10_000n,
      closing: 8_750n,
      provisional: { revision: own.revision },
    });
    expect((await at(span.to + 60_000)(own, span)).provisional).toBeUndefined();
  });

  it('see nothing beyond the revision of the wallet', async () => {
    const [line] = (await at(later)(own, october)).lines;
    const statement = await at(later)({ ...own, revision: line!.revision }, november);
    expect([statement.opening, statement.closing, statement.lines]).toEqual([10_000n, 10_000n, []]);
  });

  it('are not made of the future, nor without end', async () => {
    await expect(at(october.from)(own, november)).rejects.toMatchObject({ problem: { status: 404 } });
    await expect(at(later, 2)(own, october)).rejects.toMatchObject({ problem: { status: 422 } });
    expect((await at(later, 3)(own, october)).lines).toHaveLength(3);
  });
});
