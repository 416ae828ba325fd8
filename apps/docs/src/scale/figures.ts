/** A figure that was measured, and the section of docs/benchmarks.md that has it. */
export interface Measured {
  readonly value: number;
  readonly what: string;
  readonly section: string;
}

/** A figure that nobody can measure yet, and why it is what it is. */
export interface Assumed {
  readonly value: number;
  readonly what: string;
  readonly reason: string;
}

const stages = 'The path of a payment';
const growth = 'Growth';
const history = 'A long history';

/** What a payment costs, by process. More of each is the way to more payments. */
export const cpuUsPerPayment = {
  gateway: { value: 470, what: 'CPU of the gateway, µs per payment', section: stages },
  identity: { value: 450, what: 'CPU of identity, µs per payment', section: stages },
  payments: { value: 1_380, what: 'CPU of payments, µs per payment', section: stages },
  notifications: { value: 620, what: 'CPU of notifications, µs per payment', section: stages },
  wallet: { value: 900, what: 'CPU of the wallet, µs per entry', section: stages },
  postgres: { value: 1_040, what: 'CPU of PostgreSQL, µs per payment', section: stages },
} as const satisfies Record<string, Measured>;

/** Figures of one machine; new ones here, and in docs/benchmarks.md, give a new page. */
export const measured = {
  writerPerSecond: {
    value: 19_000,
    what: 'commands that one writer decides and stores, 1/s',
    section: 'Ledger',
  },
  notaryPerSecond: {
    value: 10_700,
    what: 'entries that one notary verifies, stores in tiles and signs, 1/s',
    section: 'Replay, export, proofs',
  },
  storePerSecond: { value: 30_200, what: 'events that one event store appends, 1/s', section: 'Event store' },
  brokerPerSecond: { value: 77_200, what: 'messages that one broker takes, 1/s', section: 'Kafka broker' },
  startMs: { value: 1_040, what: 'start of a book from its snapshot, ms', section: history },
  startAccounts: { value: 100_000, what: 'accounts of that book', section: history },
  startEntries: {
    value: 1_000_000,
    what: 'entries of that book, all of the last seven days',
    section: history,
  },
  storeBytesPerEntry: { value: 770, what: 'disk of the event store, bytes per entry', section: stages },
  kafkaBytesPerPayment: { value: 3_080, what: 'disk of Kafka, bytes per payment', section: stages },
  postgresBytesPerPayment: {
    value: 2_220,
    what: 'disk of PostgreSQL, bytes per payment, without outbox and inbox, which are emptied',
    section: stages,
  },
  bytesPerAccount: { value: 340, what: 'memory of an account in a book, bytes', section: growth },
  bytesPerEntryId: {
    value: 48,
    what: 'memory of an entry id of the last seven days, bytes',
    section: growth,
  },
} as const satisfies Record<string, Measured>;

export const assumed = {
  people: { value: 2_900_000_000, what: 'people', reason: 'Who uses the chat today.' },
  businesses: { value: 140_000_000, what: 'businesses', reason: 'Who has a shop in it today.' },
  largestMarket: {
    value: 0.18,
    what: 'share of all in the largest market',
    reason: 'A country of half a billion; books are divided by market before anything else.',
  },
  paymentsPerPersonDay: {
    value: 1,
    what: 'payments per person and day, to people and to businesses',
    reason:
      'More than people make today by any one means of payment: room for small ones, which cost nothing.',
  },
  peakFactor: {
    value: 5,
    what: 'payments in the busiest second, as a multiple of the mean',
    reason:
      'Nights are empty and a holiday evening doubles an evening; markets of other time zones even out less than half.',
  },
  entriesPerPayment: {
    value: 2,
    what: 'entries per payment',
    reason: 'With many books nearly every payment is between two, and each has an entry of it.',
  },
  messagesPerPayment: {
    value: 6,
    what: 'Kafka messages per payment',
    reason: 'Begun and completed, and for each of two entries its command and what was recorded.',
  },
  loadOfCore: {
    value: 0.5,
    what: 'share of a core, or of a measured rate, that is planned with',
    reason: 'Room for a failed neighbour, and for latency: a queue grows steeply beyond two thirds.',
  },
  startSeconds: {
    value: 30,
    what: 'longest start of a book, s',
    reason: 'While it starts, nobody in it can pay; clients repeat their request for that long.',
  },
  bookMemory: {
    value: 8e9,
    what: 'memory of the process that has a book, bytes',
    reason: 'A heap that the collector still goes through in pauses that nobody notices.',
  },
  booksInProcess: {
    value: 3,
    what: 'times that a wallet holds its book',
    reason: 'Writer, notary and keeper of snapshots each follow it by themselves.',
  },
  storeCopies: {
    value: 3,
    what: 'copies of the event store',
    reason: 'A cluster of three nodes acknowledges by two.',
  },
  kafkaCopies: { value: 3, what: 'copies of a Kafka partition', reason: 'What the topics step asks for.' },
  postgresCopies: {
    value: 2,
    what: 'copies of a PostgreSQL',
    reason: 'One to write to and one to take over.',
  },
  postgresCores: {
    value: 16,
    what: 'cores of one PostgreSQL',
    reason: 'A common server; locks and WAL want no more.',
  },
  diskBytes: { value: 8e12, what: 'disk of one node, bytes', reason: 'A common NVMe disk.' },
} as const satisfies Record<string, Assumed>;

/** The numbers alone, as the model takes them. */
export type Figures = Readonly<Record<keyof typeof measured | keyof typeof assumed, number>> & {
  readonly cpuUs: Readonly<Record<keyof typeof cpuUsPerPayment, number>>;
};

export const figures: Figures = {
  ...valuesOf(measured),
  ...valuesOf(assumed),
  cpuUs: valuesOf(cpuUsPerPayment),
};

function valuesOf<K extends string>(by: Record<K, { readonly value: number }>): Record<K, number> {
  const entries = Object.entries(by) as [K, { readonly value: number }][];
  return Object.fromEntries(entries.map(([name, { value }]) => [name, value])) as Record<K, number>;
}
