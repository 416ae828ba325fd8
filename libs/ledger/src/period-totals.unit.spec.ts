import type { ClosePeriod } from './commands.js';
import { anna, bruno, entryIdAt, NOW, stored, transfer } from './given.spec.js';
import { MAX_AMOUNT } from './money.js';
import { asked, refusal, Scene } from './scene.spec.js';

const closeOctober: ClosePeriod = {
  type: 'ClosePeriod',
  ...asked(40),
  period: '2026-10',
  until: Date.UTC(2026, 9, 31, 23),
};
const inOctober = { effectiveAt: closeOctober.until - 1 };

/** October, in which `total` left wallets, and as much reached them. */
function october(total: bigint): Scene {
  const free = { ...anna, floor: null, account: 'wallet:free' };
  const last = total - (MAX_AMOUNT - 1n);
  return new Scene()
    .do(free)
    .do({ ...transfer(free, bruno, MAX_AMOUNT - 1n, 1), ...inOctober })
    .do({ ...transfer(bruno, free, last, 2), ...inOctober });
}

describe('a month in which more moved than can be written down', () => {
  it('begins beyond the greatest amount', () => {
    const { events } = october(MAX_AMOUNT).decide(closeOctober);
    expect(events).toMatchObject([{ totals: [{ debits: MAX_AMOUNT, credits: MAX_AMOUNT }] }]);
    expect(stored(events)).toHaveLength(1);
  });

  it('is refused, and not an error that every command behind it would wait for', () => {
    expect(october(MAX_AMOUNT + 1n).decide(closeOctober)).toStrictEqual(
      refusal(closeOctober, 'period-close', 'period_invalid'),
    );
  });

  it('does not keep the book from going on', () => {
    const scene = october(MAX_AMOUNT + 1n);
    scene.take(...scene.decide(closeOctober).events);
    expect(scene.decide({ ...transfer(anna, bruno, 1n), entryId: entryIdAt(NOW, 3) }).outcome).toBe(
      'accepted',
    );
  });
});
