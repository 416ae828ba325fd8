import { topics } from '@florin/contracts';
import type { Figures } from './figures.js';

const daySeconds = 86_400;
const yearDays = 365;
const retentionDays = topics.payments.retentionMs / (daySeconds * 1_000);
/** The window in which an entry id may come again, for which a book remembers all. */
const windowDays = 7;
/** Begun and completed, the command and what was recorded: what the disk of Kafka was measured with. */
const messagesInOneBook = 4;

export interface Load {
  readonly accounts: number;
  readonly paymentsPerDay: number;
  readonly meanPerSecond: number;
  readonly peakPerSecond: number;
  readonly peakEntriesPerSecond: number;
  /** Ids that all books together remember. */
  readonly idsInWindow: number;
}

export function loadOf(f: Figures): Load {
  const paymentsPerDay = f.people * f.paymentsPerPersonDay;
  const peakPerSecond = (paymentsPerDay / daySeconds) * f.peakFactor;
  return {
    accounts: f.people + f.businesses,
    paymentsPerDay,
    meanPerSecond: paymentsPerDay / daySeconds,
    peakPerSecond,
    peakEntriesPerSecond: peakPerSecond * f.entriesPerPayment,
    idsInWindow: paymentsPerDay * f.entriesPerPayment * windowDays,
  };
}

/** How many books each limit of a book asks for; the greatest is the one that counts. */
export function booksBy(f: Figures): Readonly<Record<BookLimit, number>> {
  const limits = Object.entries(bookLimits(f)).map(([limit, books]) => [limit, Math.ceil(books)]);
  return Object.fromEntries(limits) as Record<BookLimit, number>;
}

/** Not rounded up: parts of a book are of use where the people are asked for whom one is enough. */
function bookLimits(f: Figures): Readonly<Record<BookLimit, number>> {
  const { accounts, peakEntriesPerSecond, idsInWindow } = loadOf(f);
  // Measured for accounts and ids together, so each is taken to cost all of it.
  const startMs = f.startMs * Math.max(accounts / f.startAccounts, idsInWindow / f.startEntries);
  return {
    process: (peakEntriesPerSecond * f.cpuUs.wallet) / 1e6 / f.loadOfCore,
    notary: peakEntriesPerSecond / (f.notaryPerSecond * f.loadOfCore),
    writer: peakEntriesPerSecond / (f.writerPerSecond * f.loadOfCore),
    start: startMs / (f.startSeconds * 1_000),
    memory: memoryOf(f).books / f.bookMemory,
  };
}

export type BookLimit = 'process' | 'notary' | 'writer' | 'start' | 'memory';

export function booksNeeded(f: Figures): number {
  return Math.max(...Object.values(booksBy(f)));
}

export type Instance = keyof Figures['cpuUs'] | 'eventStore' | 'broker';

/** Processes of one core each; of PostgreSQL and Kafka, servers; of the event store, clusters. */
export function instancesOf(f: Figures): Readonly<Record<Instance, number>> {
  const { peakPerSecond, peakEntriesPerSecond } = loadOf(f);
  const cores = (perSecond: number, us: number) => (perSecond * us) / 1e6 / f.loadOfCore;
  return {
    gateway: Math.ceil(cores(peakPerSecond, f.cpuUs.gateway)),
    identity: Math.ceil(cores(peakPerSecond, f.cpuUs.identity)),
    payments: Math.ceil(cores(peakPerSecond, f.cpuUs.payments)),
    notifications: Math.ceil(cores(peakPerSecond, f.cpuUs.notifications)),
    // One for each book: a book that shares its process would double its start and its memory.
    wallet: booksNeeded(f),
    postgres: Math.ceil(cores(peakPerSecond, f.cpuUs.postgres) / f.postgresCores),
    eventStore: Math.max(
      Math.ceil(peakEntriesPerSecond / (f.storePerSecond * f.loadOfCore)),
      Math.ceil(diskPerYear(f).eventStore / f.storeCopies / f.diskBytes),
    ),
    broker: Math.max(
      Math.ceil((peakPerSecond * f.messagesPerPayment * f.kafkaCopies) / (f.brokerPerSecond * f.loadOfCore)),
      Math.ceil(diskPerYear(f).kafka / f.diskBytes),
    ),
  };
}

/** Partitions of each topic whose number follows from the load. */
export function partitionsOf(
  f: Figures,
): Readonly<Record<'ledgerCommands' | 'ledgerEntries' | 'payments', number>> {
  const { payments, notifications } = instancesOf(f);
  const books = booksNeeded(f);
  // Those of a ledger are keyed by book, so more of them than books would be empty.
  return { ledgerCommands: books, ledgerEntries: books, payments: Math.max(payments, notifications) };
}

/** Bytes with all copies: what is added in a year, and for Kafka what its days of retention hold. */
export function diskPerYear(f: Figures): Readonly<Record<'eventStore' | 'kafka' | 'postgres', number>> {
  const { paymentsPerDay } = loadOf(f);
  const perYear = paymentsPerDay * yearDays;
  return {
    eventStore: perYear * f.entriesPerPayment * f.storeBytesPerEntry * f.storeCopies,
    kafka:
      paymentsPerDay *
      retentionDays *
      f.kafkaBytesPerPayment *
      (f.messagesPerPayment / messagesInOneBook) *
      f.kafkaCopies,
    postgres: perYear * f.postgresBytesPerPayment * f.postgresCopies,
  };
}

/** Bytes that all books together need: accounts, ids, and both as often as a wallet holds its book. */
export function memoryOf(f: Figures): Readonly<Record<'accounts' | 'ids' | 'books', number>> {
  const { accounts, idsInWindow } = loadOf(f);
  const ofAccounts = accounts * f.bytesPerAccount;
  const ofIds = idsInWindow * f.bytesPerEntryId;
  return { accounts: ofAccounts, ids: ofIds, books: (ofAccounts + ofIds) * f.booksInProcess };
}

export type Part =
  | `book: ${BookLimit}`
  | 'gateway'
  | 'identity'
  | 'payments'
  | 'notifications'
  | 'partitions'
  | 'postgres'
  | 'event store'
  | 'event store disk'
  | 'broker';

export interface Break {
  readonly part: Part;
  /** People of all markets, with whom it is reached. */
  readonly people: number;
}

/**
 * What breaks first when there is one of everything, as today: one book for a market, one process of each service, one server
 * of each engine, the partitions that the contracts have. First what the fewest people reach.
 */
export function firstBreaks(given: Figures): Break[] {
  // In one book a payment is one entry.
  const f = { ...given, entriesPerPayment: 1, messagesPerPayment: messagesInOneBook };
  const { peakPerSecond } = loadOf(f);
  const perPerson = peakPerSecond / f.people;
  const peopleOf = (paymentsPerSecond: number) => paymentsPerSecond / perPerson;
  const core = (us: number) => peopleOf((1e6 / us) * f.loadOfCore);
  const books = Object.entries(bookLimits(f)) as [BookLimit, number][];
  const { partitions } = topics.payments;
  const parts: Record<Exclude<Part, `book: ${BookLimit}`>, number> = {
    gateway: core(f.cpuUs.gateway),
    identity: core(f.cpuUs.identity),
    payments: core(f.cpuUs.payments),
    notifications: core(f.cpuUs.notifications),
    partitions: core(Math.max(f.cpuUs.payments, f.cpuUs.notifications)) * partitions,
    postgres: core(f.cpuUs.postgres) * f.postgresCores,
    'event store': peopleOf(f.storePerSecond * f.loadOfCore),
    'event store disk': (f.people * f.diskBytes * f.storeCopies) / diskPerYear(f).eventStore,
    broker: peopleOf((f.brokerPerSecond * f.loadOfCore) / f.messagesPerPayment),
  };
  return [
    ...books.map(([limit, count]): Break => {
      return { part: `book: ${limit}`, people: f.people / (count * f.largestMarket) };
    }),
    ...Object.entries(parts).map(([part, people]): Break => ({ part: part as Part, people })),
  ].sort((a, b) => a.people - b.people);
}
