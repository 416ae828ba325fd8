import { assumed, cpuUsPerPayment, figures, measured, type Measured } from './figures.js';
import {
  booksBy,
  booksNeeded,
  diskPerYear,
  firstBreaks,
  instancesOf,
  loadOf,
  memoryOf,
  partitionsOf,
  type BookLimit,
  type Instance,
  type Part,
} from './model.js';

/** Every measured figure, with the section that it is from. */
export const measuredFigures: readonly Measured[] = [
  ...Object.values(measured),
  ...Object.values(cpuUsPerPayment),
];

const limits: Record<BookLimit, string> = {
  process: 'CPU of its wallet: decisions, projection, publisher and answers share a process',
  notary: 'its notary',
  writer: 'its writer',
  start: 'its start',
  memory: 'its memory',
};

const instances: Record<Instance, string> = {
  gateway: 'gateway, processes',
  identity: 'identity, processes',
  payments: 'payments, processes',
  notifications: 'notifications, processes',
  wallet: 'wallet, processes: one for each book',
  postgres: `PostgreSQL, servers of ${number(figures.postgresCores)} cores`,
  eventStore: 'event store, clusters of three nodes',
  broker: 'Kafka, brokers',
};

/** What a part is called, what it stops, and what is done then. */
const parts: Record<Part, readonly [string, string]> = {
  'book: process': [
    'the CPU of a book’s wallet',
    'Publisher and projection go to a process of their own; then a market gets shards.',
  ],
  'book: notary': ['the notary of a book', 'It goes to a process of its own; then a market gets shards.'],
  'book: writer': ['the writer of a book', 'A market gets shards: a book has one writer, always.'],
  'book: start': [
    'the start of a book',
    'A second instance follows the book and takes over without a start; then shards. A shorter window of ids shortens it too.',
  ],
  'book: memory': [
    'the memory of a book',
    'One follower of the book feeds notary and keeper (two thirds of the memory are left); then shards, or a shorter window of ids.',
  ],
  gateway: ['one gateway', 'More of them: they keep nothing but rate limits, each its own.'],
  identity: ['one identity', 'More of them: all they know is in PostgreSQL.'],
  payments: ['one payments', 'More of them, up to one for each partition.'],
  notifications: ['one notifications', 'More of them, up to one for each partition.'],
  partitions: [
    'as many payments as there are partitions',
    'More partitions by `npm run topics -- apply`, when nothing is under way: the order of a key holds within a partition.',
  ],
  postgres: [
    'one PostgreSQL for all services',
    'A server for each service, which share nothing; then payments, wallet and notifications are divided by market, and by person.',
  ],
  'event store': ['appends of one event store', 'Markets on clusters of their own: books share nothing.'],
  'event store disk': [
    'a year of entries on the disk of one event store',
    'Markets on clusters of their own. What is older than the window can be exported, signed, and lie on cheaper disks.',
  ],
  broker: ['one broker', 'More of them: partitions are spread over all.'],
};

/** The page of what it takes for all, not formatted. */
export function scalePage(): string {
  const load = loadOf(figures);
  const books = booksBy(figures);
  const disk = diskPerYear(figures);
  const memory = memoryOf(figures);
  const partitions = partitionsOf(figures);
  const [binding] = Object.entries(books).sort(([, a], [, b]) => b - a) as [[BookLimit, number]];
  return [
    introduction,
    ...loadSection(),
    '## Books',
    `${count(booksNeeded(figures))} books, because of ${limits[binding[0]]}; the largest market has ${count(booksNeeded(figures) * figures.largestMarket)} of them. ` +
      `That is ${count(load.accounts / booksNeeded(figures))} accounts and ${count(load.peakEntriesPerSecond / booksNeeded(figures))} entries per second in each.`,
    table(
      ['what limits a book', 'books'],
      Object.entries(books)
        .sort(([, a], [, b]) => b - a)
        .map(([limit, needed]) => [limits[limit as BookLimit], count(needed)]),
    ),
    '## Processes and servers',
    table(
      ['what', 'how many'],
      Object.entries(instancesOf(figures)).map(([name, needed]) => [
        instances[name as Instance],
        count(needed),
      ]),
    ),
    'A process is one core, of which half is planned with. Servers count once, without their copies for the case that one fails.',
    '## Partitions',
    table(
      ['topic', 'partitions'],
      [
        ['`florin.ledger.commands`', count(partitions.ledgerCommands)],
        ['`florin.ledger.entries`', count(partitions.ledgerEntries)],
        ['`florin.payments.payments`', count(partitions.payments)],
      ],
    ),
    'The other topics change with people and products, not with payments, and keep what they have.',
    '## Disk and memory',
    table(
      ['what', 'bytes'],
      [
        ['event store, a year, in all copies', bytes(disk.eventStore)],
        ['PostgreSQL, a year, in all copies', bytes(disk.postgres)],
        ['Kafka, at any time, in all copies', bytes(disk.kafka)],
        ['memory of accounts, once', bytes(memory.accounts)],
        ['memory of entry ids, once', bytes(memory.ids)],
        ['memory of all books', bytes(memory.books)],
      ],
    ),
    '## What breaks first',
    'From the installation of today (a book for each market, one process of each service, one server of each engine, six partitions), with the same use by each person, and one entry per payment: ' +
      'how many people there are in all markets when a part is at its limit.',
    table(
      ['people', 'what is at its limit', 'what is done then'],
      firstBreaks(figures).map(({ part, people }) => [count(people, Math.floor), ...parts[part]]),
    ),
    notBuilt,
    '## What was measured',
    `In [benchmarks.md](benchmarks.md), on the machine that is described there.`,
    table(
      ['figure', 'what', 'section'],
      measuredFigures.map(({ value, what, section }) => [number(value), what, section]),
    ),
    '## What is assumed',
    table(
      ['figure', 'what', 'why'],
      Object.values(assumed).map(({ value, what, reason }) => [number(value), what, reason]),
    ),
  ].join('\n\n');
}

function loadSection(): string[] {
  const load = loadOf(figures);
  return [
    '## The load',
    table(
      ['what', 'figure'],
      [
        ['accounts', count(load.accounts)],
        ['payments per day', count(load.paymentsPerDay)],
        ['payments per second, mean', count(load.meanPerSecond)],
        ['payments per second, peak', count(load.peakPerSecond)],
        ['entries per second, peak', count(load.peakEntriesPerSecond)],
        ['entry ids that are remembered', count(load.idsInWindow)],
      ],
    ),
  ];
}

const introduction = `# Scale

What it takes for ${count(figures.people)} people and ${count(figures.businesses)} businesses. This page is made by \`npm run docs\` from figures
and a model in [apps/docs/src/scale](../apps/docs/src/scale); a test fails when it is out of date, or when a figure is not the one in [benchmarks.md](benchmarks.md). New figures give a new page.

It carries what one small machine did, in a straight line, to what no machine has done: take it for the order of magnitude, and for what comes first. Counts are rounded up, to two digits.`;

const notBuilt = `Not built yet, and needed on this way: shards of a market (the contracts have ids for 999 of each, no service writes them), and a payment between two books, which is
an entry in each, the payee's after the payer's hold, with a settlement account between them that an auditor sees at zero. Processes that share a PostgreSQL by market
or person want their addresses by configuration, as all have.`;

/** As a table of the page shows a figure of the input: all its digits. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** To two digits; up, unless told otherwise. */
function count(value: number, round: (value: number) => number = Math.ceil): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  const rounded = round(value / unit) * unit;
  if (rounded >= 1e9) return `${number(rounded / 1e9)} billion`;
  return rounded >= 1e6 ? `${number(rounded / 1e6)} million` : number(rounded);
}

function bytes(value: number): string {
  const [unit, name] = value >= 1e15 ? [1e15, 'PB'] : [1e12, 'TB'];
  return value >= 10 * unit
    ? `${count(value / unit)} ${name}`
    : `${number(Math.ceil((value * 10) / unit) / 10)} ${name}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
