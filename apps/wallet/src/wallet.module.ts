import { LedgerWriter, type LogCheck } from '@florin/books';
import { markets, type Market } from '@florin/contracts';
import { connectEventStore, EventStoreUnavailable, type EventStore } from '@florin/event-store';
import {
  openConsumer,
  openOutbox,
  type EventPublisher,
  type KafkaBatchServer,
  type Outbox,
} from '@florin/messaging';
import {
  databaseConnection,
  openDatabase,
  preparedDatabase,
  ProblemError,
  type PreparedDatabase,
  type ServiceContext,
} from '@florin/service-host';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge } from 'prom-client';
import { AccountController } from './accounts/account.controller.js';
import { BalanceController, balanceHandlers, type BalanceHandlers } from './balances/balance.controller.js';
import { historyOf, walletsOf } from './balances/balance.queries.js';
import { BalanceBehind, readAtHead, walletsAtHead } from './balances/read-at-head.js';
import type { WalletConfig } from './config.js';
import { walletDatabase } from './database.js';
import { fundWalletHandler } from './funding/fund-wallet.handler.js';
import { FundingController, fundingHandlers, type FundingHandlers } from './funding/funding.controller.js';
import { HoldController } from './holds/hold.controller.js';
import {
  CommandConsumer,
  commandHandler,
  decideCommands,
  openWallets,
  registrationHandler,
} from './ledgers/command.consumer.js';
import { CheckedClock } from './ledgers/clock.js';
import { entryRevisions } from './ledgers/entry-revisions.js';
import { EntryTraces } from './ledgers/entry-traces.js';
import { LogBehind, logCheck } from './ledgers/log-check.js';
import { leadExclusively } from './ledgers/lead.js';
import { progressOf } from './ledgers/progress.js';
import {
  BookController,
  PastBalancesController,
  pastHandlers,
  type PastHandlers,
} from './past/past.controller.js';
import { PastQueries } from './past/past.queries.js';
import { bookOwners, openDesks, platformBooksOf } from './platform.js';
import { walletProblems } from './problems.js';
import { Notaries } from './proofs/notaries.js';
import { ProofController, proofQueries } from './proofs/proof.controller.js';
import { ProofQueries } from './proofs/proof.queries.js';
import { TileController } from './proofs/tile.controller.js';
import { watchWitnesses } from './proofs/witnesses.js';
import { keysOf, publicKeysOf, publicKeysOfBooks } from './proofs/signing.js';
import {
  StatementController,
  statementHandlers,
  type StatementHandlers,
} from './statements/statement.controller.js';
import { statementHandler } from './statements/statement.handler.js';
import { platformBooks, TransferController } from './transfers/transfer.controller.js';

type Context = ServiceContext<WalletConfig>;

const eventPublisher = Symbol('event publisher');

interface Engines {
  readonly database: PreparedDatabase;
  readonly store: EventStore;
  readonly outbox: Outbox;
  readonly traces: EntryTraces;
  readonly checkLog: LogCheck;
  readonly clock: CheckedClock;
  readonly notaries: Notaries;
}

@Module({})
class WalletModule {}

/** Builds the service from its configuration: engines, one writer and one set of followers per book, handlers. */
export async function walletModule(context: Context): Promise<DynamicModule> {
  const engines = await openEngines(context);
  const books = context.config.MARKETS.map((code): Market => markets[code]);
  const owners = bookOwners(context, engines.database);
  const writers = new Map(
    books.map((market) => [
      market.ledger,
      writerOf(context, engines, market, () => desks.get(market.ledger)?.forget()),
    ]),
  );
  const desks = openDesks({ ...engines, atHead: readModelsAtHead(engines) }, writers);
  for (const market of books) {
    leadExclusively(context, engines, owners, market);
    // Told, and no reason to say "not ready": payments go on without checkpoints.
    context.health.inform(`notary of ${market.ledger}`, () => engines.notaries.check(market));
  }
  for (const [ledger, writer] of writers) {
    context.health.add(`ledger ${ledger}`, () => checkBook(context, engines, writer, ledger));
  }
  const commands = decideCommands({
    writerOf: (ledger) => writers.get(ledger),
    remember: (outcomeId, event) => engines.traces.remember(outcomeId, event),
    revisionOf: entryRevisions({ sql: engines.database, atHead: readModelsAtHead(engines) }),
    testMoney: context.config.TEST_MONEY,
  });
  const registrations = openWallets(context.config.MARKETS, (events) =>
    engines.outbox.publisher.publish(events),
  );
  const balances = buildBalances(engines, books);
  return {
    module: WalletModule,
    controllers: [
      BalanceController,
      StatementController,
      FundingController,
      ProofController,
      TileController,
      PastBalancesController,
      BookController,
      CommandConsumer,
      TransferController,
      AccountController,
      HoldController,
    ],
    providers: [
      { provide: balanceHandlers, useValue: balances },
      { provide: statementHandlers, useValue: buildStatements(context, engines, balances) },
      { provide: fundingHandlers, useValue: buildFunding(context, engines) },
      { provide: proofQueries, useValue: buildProofs(context, engines, books) },
      { provide: pastHandlers, useValue: buildPast(context, engines, books, balances) },
      { provide: commandHandler, useValue: commands },
      { provide: registrationHandler, useValue: registrations },
      { provide: platformBooks, useValue: platformBooksOf(context, owners, books, [writers, desks]) },
      { provide: eventPublisher, useValue: engines.outbox.publisher },
    ],
  };
}

/** The consumers: commands to the ledger and registrations, in one group, whose partitions share out the books. */
export function walletConsumers(app: INestApplication, context: Context): KafkaBatchServer[] {
  // Under load a payment waits a little, and everything after this step comes in larger batches.
  return [openConsumer(context, app.get<EventPublisher>(eventPublisher), { paceMs: 10 })];
}

async function openEngines(context: Context): Promise<Engines> {
  const { config, health } = context;
  // Before the database is waited for, so that readiness names both where both are away.
  const store = connectEventStore(config.EVENTSTORE_URL);
  context.onClose('event store', () => store.close());
  health.add('event-store', () => store.ping());
  const database = preparedDatabase(await openDatabase(context, walletDatabase(config)));

  const checkLog = logCheck({ store, sql: database });
  await checkAtStart(context, store, checkLog);
  return {
    database,
    store,
    outbox: openOutbox(context, databaseConnection(config)),
    traces: new EntryTraces(),
    checkLog,
    clock: clockHeldAgainst(context, database),
    notaries: notariesOn(context, store),
  };
}

/** The clock that books are decided by. */
function clockHeldAgainst(
  { health, logger, metrics, onClose }: Context,
  sql: PreparedDatabase,
): CheckedClock {
  const ahead = new Gauge({
    name: 'wallet_clock_ahead_seconds',
    help: "How far this machine's clock is ahead of PostgreSQL's; beyond 60 either way nothing is decided",
    registers: [metrics],
  });
  const clock = new CheckedClock({
    ...{ sql, nowMs: Date.now },
    onCompared: (aheadMs) => ahead.set(aheadMs / 1_000),
    onError: (error) => logger.error({ err: error }, "this machine's clock cannot be relied on"),
  });
  health.add('clock', () => clock.check());
  clock.watch();
  onClose('clock', () => clock.stop());
  return clock;
}

/** Fails the start where a log is behind. An event store that is away is waited for later, as readiness tells. */
async function checkAtStart({ config, logger }: Context, store: EventStore, check: LogCheck): Promise<void> {
  try {
    await store.ping();
    for (const code of config.MARKETS) await check(markets[code].ledger);
  } catch (error) {
    if (!(error instanceof EventStoreUnavailable)) throw error;
    logger.warn({ err: error }, 'the logs could not be checked yet');
  }
}

function writerOf(
  { config, logger }: Context,
  { store, checkLog, clock }: Engines,
  market: Market,
  onDropped: () => void,
): LedgerWriter {
  return new LedgerWriter({
    ledger: market.ledger,
    currency: market.currency,
    store,
    nowMs: clock.nowMs,
    checkLog: async (ledger) => {
      await clock.check();
      await checkLog(ledger);
    },
    snapshots: {
      keys: publicKeysOf(keysOf(config, market.ledger)),
      onFallback: (reason) =>
        logger.warn(
          { ledger: market.ledger, err: reason },
          'the snapshot was not used: all of the log is replayed',
        ),
    },
    onDropped: (reason) => {
      onDropped();
      logger.warn({ ledger: market.ledger, err: reason }, 'the book is loaded anew');
    },
  });
}

/** Rejects while commands of a book cannot be decided. */
async function checkBook(
  { logger }: Context,
  { checkLog }: Engines,
  writer: LedgerWriter,
  ledger: string,
): Promise<void> {
  try {
    await checkLog(ledger);
    await writer.load();
  } catch (error) {
    // Readiness tells its code only, and this needs somebody.
    if (error instanceof LogBehind) logger.error({ ledger, err: error }, error.message);
    throw error;
  }
}

function notariesOn(context: Context, store: EventStore): Notaries {
  const { config, logger } = context;
  return new Notaries({
    ...{ config, store, witnesses: watchWitnesses(context) },
    onHeldUp: (ledger, error, attempt) =>
      logger.warn({ ledger, attempt, err: error }, 'a notary or the snapshots are held up'),
    onRefusal: (ledger, refusal) => logger.error({ ledger, err: refusal }, refusal.message),
  });
}

/** Waits until the read models hold all that a book does. Throws `BalanceBehind`. */
function readModelsAtHead({ database, store }: Engines): (ledger: string) => Promise<void> {
  return readAtHead({
    store,
    projected: (ledger) => progressOf(database, 'balances', ledger),
    nowMs: Date.now,
    sleep,
  });
}

/** Waits until the read models hold all that a book does; where that takes too long, answers with a problem. */
function atHeadOf(engines: Engines): (ledger: string) => Promise<void> {
  const atHead = readModelsAtHead(engines);
  return (ledger) => atHead(ledger).catch(orBehind);
}

function buildProofs({ config, stopping }: Context, engines: Engines, books: Market[]): ProofQueries {
  return new ProofQueries({
    ...{ store: engines.store, sql: engines.database, nowMs: Date.now, sleep },
    ...{ keys: publicKeysOfBooks(config, books), atHead: atHeadOf(engines) },
    ...{ liabilitiesSecret: config.LIABILITIES_SECRET, stopping },
  });
}

function buildPast(
  { config, logger }: Context,
  { checkLog, database, store }: Engines,
  books: Market[],
  { wallets }: BalanceHandlers,
): PastHandlers {
  const past = new PastQueries({
    ...{ store, sql: database, checkLog, keys: publicKeysOfBooks(config, books), nowMs: Date.now },
    onFallback: (ledger, reason) =>
      logger.warn({ ledger, err: reason }, 'no snapshot was used: all that came before was read'),
  });
  return { wallets, past };
}

function buildBalances(engines: Engines, books: Market[]): BalanceHandlers {
  const { database } = engines;
  return {
    wallets: walletsAtHead({
      books: books.map(({ ledger }) => ledger),
      atHead: atHeadOf(engines),
      walletsOf: (personId, ledger) => walletsOf(database, personId, ledger),
    }),
    history: (wallet, page) => historyOf(database, wallet, page),
  };
}

function buildStatements(
  { config }: Context,
  { database, store }: Engines,
  { wallets }: BalanceHandlers,
): StatementHandlers {
  const { PUBLIC_URL: publicUrl } = config;
  return { wallets, statement: statementHandler({ sql: database, store, publicUrl, nowMs: Date.now }) };
}

function buildFunding({ config, stopping }: Context, { database, outbox }: Engines): FundingHandlers {
  return {
    enabled: config.TEST_MONEY,
    openMarkets: config.MARKETS,
    fund: fundWalletHandler({
      sql: database,
      wakeRelay: outbox.wake,
      now: () => new Date(),
      sleep,
      stopping,
    }),
  };
}

function orBehind(error: unknown): never {
  if (!(error instanceof BalanceBehind)) throw error;
  throw new ProblemError(
    walletProblems['balance-behind'],
    'Balances are catching up with the ledger; ask again in a moment.',
    {},
    { 'retry-after': '1' },
  );
}
