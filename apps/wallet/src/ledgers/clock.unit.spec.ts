import { LedgerUnavailable, LedgerWriter } from '@florin/books';
import type { StoredEvent } from '@florin/event-store';
import { CheckedClock } from './clock.js';
import { openTestMoney, openWallet } from './ledger.js';

const DAY = 86_400_000;
const theirs = Date.UTC(2026, 10, 2, 12);

/** A clock this far ahead of PostgreSQL's, which answers after some time. */
function clockWith(machine: { aheadMs: number; tookMs?: number }) {
  const told: number[] = [];
  let askedForMs = 0;
  const clock = new CheckedClock({
    nowMs: () => theirs + machine.aheadMs + askedForMs,
    sql: {
      query: () => {
        askedForMs += machine.tookMs ?? 0;
        return Promise.resolve([{ ms: `${theirs}.000000` }]);
      },
    },
    onCompared: (aheadMs) => told.push(aheadMs),
  });
  return { clock, told };
}

it.each([60_000, -60_000, 0])('is told where it is %i ms ahead', async (aheadMs) => {
  const { clock, told } = clockWith({ aheadMs });
  await clock.check();
  expect(clock.nowMs()).toBe(theirs + aheadMs);
  expect(told).toEqual([aheadMs]);
});

it.each([
  [60_001, 'is 60001 ms ahead of that of PostgreSQL'],
  [8 * DAY, 'is 691200000 ms ahead of that of PostgreSQL'],
  [-60_001, 'is 60001 ms behind that of PostgreSQL'],
])('is refused where it is %i ms ahead', async (aheadMs, says) => {
  const { clock } = clockWith({ aheadMs });
  await expect(clock.check()).rejects.toMatchObject({
    ...{ code: 'CLOCK_OFF', transient: true, message: expect.stringContaining(says) },
  });
  expect(clock.nowMs).toThrow(says);
});

it('is not blamed for an answer that took its time', async () => {
  const { clock, told } = clockWith({ aheadMs: -10_000, tookMs: 90_000 });
  await clock.check();
  expect(told).toEqual([0]);
});

it('keeps a book from being decided by it, and lets it go on by itself', async () => {
  const log: StoredEvent[] = [];
  const machine = { aheadMs: 0 };
  const { clock } = clockWith(machine);
  const writer = new LedgerWriter({
    ...{ ledger: 'it-eur', currency: 'EUR', nowMs: clock.nowMs, checkLog: () => clock.check() },
    store: {
      async *read(stream) {
        await Promise.resolve();
        if (stream === 'ledger-it-eur') yield [...log];
      },
      append(_stream, events) {
        for (const event of events) {
          const revision = BigInt(log.length);
          log.push({ metadata: undefined, ...event, revision, created: new Date(theirs) });
        }
        return Promise.resolve({ revision: BigInt(log.length - 1) });
      },
    },
  });
  expect((await writer.submit(openTestMoney)).outcome).toBe('accepted');
  const before = log.length;
  machine.aheadMs = 8 * DAY;
  await expect(clock.check()).rejects.toMatchObject({ code: 'CLOCK_OFF' });
  // With the book in memory, and then where it is to be loaded.
  for (let n = 0; n < 2; n += 1) {
    await expect(writer.submit(openWallet('anna'))).rejects.toBeInstanceOf(LedgerUnavailable);
  }
  expect(log).toHaveLength(before);
  machine.aheadMs = 0;
  expect((await writer.submit(openWallet('anna'))).outcome).toBe('accepted');
  expect(log.at(-1)?.data).toMatchObject({ recordedAt: theirs });
});
