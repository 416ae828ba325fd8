import { encodeEvent } from './codec.js';
import { decide } from './decide.js';
import { ENTRY_ID_WINDOW_MS } from './entry-id.js';
import type { LedgerEvent } from './events.js';
import { evolve } from './evolve.js';
import { anna, bookOf, bruno, created, funding, NOW, opened, posted, testMoney } from './given.spec.js';
import { balanceOf } from './state.js';

describe('evolve', () => {
  it('moves the book on: revision, clock and balances', () => {
    const book = bookOf([created, opened(testMoney), opened(anna)]);
    const after = evolve(book, posted(funding(anna, 1_250n), NOW + 5));
    expect(after.revision).toBe(3n);
    expect(after.recordedAt).toBe(NOW + 5);
    expect(balanceOf(after, 'wallet:anna')).toBe(1_250n);
  });

  it('forgets the ids whose time is over, so that it does not grow for ever', () => {
    const book = bookOf([created, opened(testMoney), opened(anna), posted(funding(anna, 1n, 1))]);
    expect(book.entryIds.size).toBe(1);
    const after = evolve(book, opened(bruno, NOW + 2 * ENTRY_ID_WINDOW_MS));
    expect(after.entryIds.size).toBe(0);
  });

  it('never ends a hold that is not there', () => {
    const released = { type: 'HoldExpired', holdId: 'x', recordedAt: NOW } as const;
    expect(() => evolve(bookOf([created]), released)).toThrow('hold x is touched but is not open');
  });

  it('never posts to an account that is not there', () => {
    const book = bookOf([created, opened(testMoney)]);
    expect(() => evolve(book, posted(funding(bruno, 1n)))).toThrow(
      'wallet:bruno is touched but was never opened',
    );
  });
});

describe('what no version of the ledger knows', () => {
  const unknown = { type: 'HoldTeleported', recordedAt: NOW, amount: 1n } as unknown as LedgerEvent;

  it('is an error everywhere, never skipped', () => {
    expect(() => evolve(bookOf([created]), unknown)).toThrow('unknown event: HoldTeleported');
    expect(() => encodeEvent(unknown)).toThrow('unknown event: HoldTeleported');
    expect(() => decide(bookOf([created]), unknown as never, NOW)).toThrow('unknown command: HoldTeleported');
  });
});
