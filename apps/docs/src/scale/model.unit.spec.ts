import { figures, type Figures } from './figures.js';
import {
  booksBy,
  booksNeeded,
  diskPerYear,
  firstBreaks,
  instancesOf,
  loadOf,
  memoryOf,
  partitionsOf,
} from './model.js';

/** Figures with which every answer can be worked out on paper. */
const small: Figures = {
  ...figures,
  ...{ people: 86_400_000, businesses: 13_600_000, largestMarket: 1 },
  ...{ paymentsPerPersonDay: 1, peakFactor: 2, entriesPerPayment: 2, messagesPerPayment: 6, loadOfCore: 0.5 },
  ...{ writerPerSecond: 8_000, notaryPerSecond: 4_000, storePerSecond: 16_000, brokerPerSecond: 24_000 },
  ...{ startMs: 1_000, startAccounts: 100_000, startEntries: 1_000_000, startSeconds: 10 },
  ...{ bytesPerAccount: 100, bytesPerEntryId: 50, booksInProcess: 2, bookMemory: 1e9 },
  ...{ storeBytesPerEntry: 1_000, kafkaBytesPerPayment: 2_000, postgresBytesPerPayment: 500 },
  ...{ storeCopies: 3, kafkaCopies: 3, postgresCopies: 2, postgresCores: 4, diskBytes: 1e12 },
  cpuUs: { gateway: 500, identity: 250, payments: 1_000, notifications: 100, wallet: 1_000, postgres: 2_000 },
};

it('takes the load from people and what they do', () => {
  expect(loadOf(small)).toEqual({
    accounts: 100_000_000,
    paymentsPerDay: 86_400_000,
    meanPerSecond: 1_000,
    peakPerSecond: 2_000,
    peakEntriesPerSecond: 4_000,
    idsInWindow: 1_209_600_000,
  });
});

it('needs as many books as the tightest limit says', () => {
  // 1,209.6 million ids at 1 s a million, in starts of 10 s; twice 10 GB of accounts and 60.48 GB of ids, in gigabytes.
  expect(booksBy(small)).toEqual({ process: 8, notary: 2, writer: 1, start: 121, memory: 141 });
  expect(booksNeeded(small)).toBe(141);
});

it('starts by the accounts where those are more than the ids', () => {
  const idle = { ...small, paymentsPerPersonDay: 0.01 };
  expect(booksBy(idle).start).toBe(100);
});

it('counts processes, servers and partitions', () => {
  expect(instancesOf(small)).toEqual({
    ...{ gateway: 2, identity: 1, payments: 4, notifications: 1, wallet: 141, postgres: 2 },
    // 189 TB of a year on disks of 1 TB in three copies; of Kafka 5.4 TB.
    ...{ eventStore: 64, broker: 6 },
  });
  expect(partitionsOf(small)).toEqual({ ledgerCommands: 141, ledgerEntries: 141, payments: 4 });
});

it('adds up disk and memory', () => {
  expect(diskPerYear(small)).toEqual({
    eventStore: 86_400_000 * 365 * 2 * 1_000 * 3,
    kafka: 86_400_000 * 7 * 2_000 * 1.5 * 3,
    postgres: 86_400_000 * 365 * 500 * 2,
  });
  expect(memoryOf(small)).toEqual({ accounts: 1e10, ids: 6.048e10, books: 1.4096e11 });
});

describe('what breaks first', () => {
  it('comes in the order in which growth meets it', () => {
    const people = firstBreaks(small).map((one) => one.people);
    expect(people).toEqual([...people].sort((a, b) => a - b));
    expect(people.every((count) => Number.isFinite(count) && count > 0)).toBe(true);
  });

  it('is told in people', () => {
    const people = new Map(firstBreaks(small).map((one) => [one.part, one.people]));
    // A person makes 2/86,400 payments a second at the peak; half a core makes 500 of payments.
    expect(people.get('payments')).toBeCloseTo(500 * 43_200);
    expect(people.get('partitions')).toBeCloseTo(6 * 500 * 43_200);
    expect(people.get('postgres')).toBeCloseTo(4 * 250 * 43_200);
    expect(people.get('book: process')).toBeCloseTo(500 * 43_200);
    expect(people.get('book: writer')).toBeCloseTo(4_000 * 43_200);
    expect(people.get('broker')).toBeCloseTo(3_000 * 43_200);
    expect(people.get('event store disk')).toBeCloseTo(1e12 / (365 * 1_000));
  });

  it('comes with more people where a part got cheaper, and for no other part', () => {
    const cheaper = firstBreaks({ ...small, cpuUs: { ...small.cpuUs, identity: 125 } });
    const before = new Map(firstBreaks(small).map((one) => [one.part, one.people]));
    for (const { part, people } of cheaper) {
      expect(people).toBeCloseTo((before.get(part) ?? 0) * (part === 'identity' ? 2 : 1));
    }
  });
});
