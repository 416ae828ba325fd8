import { described, makePlan, sessionTimeoutMs, victims } from './plan.js';

describe('the plan', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(makePlan(7, 50)).toEqual(makePlan(7, 50));
    expect(makePlan(7, 5)).toEqual(makePlan(7, 50).slice(0, 5));
    expect(makePlan(8, 50)).not.toEqual(makePlan(7, 50));
  });

  it.each([1, 2, 3])('hits in a hundred blows everybody alone, in pairs and frozen (seed %i)', (seed) => {
    const plan = makePlan(seed, 100);
    const hitBy = (how: string) =>
      new Set(plan.filter((blow) => blow.how === how).flatMap((blow): readonly string[] => blow.victims));
    expect([...hitBy('kill')].sort()).toEqual([...victims].sort());
    expect([...hitBy('kill-pair')].sort()).toEqual([...victims].sort());
    expect(hitBy('freeze').size).toBeGreaterThanOrEqual(8);
    expect(new Set(victims).size).toBe(9);
  });

  it('never takes one process for a pair, and freezes for longer than a session', () => {
    for (const blow of makePlan(4, 500)) {
      expect(new Set<string>(blow.victims).size).toBe(blow.how === 'kill-pair' ? 2 : 1);
      if (blow.how === 'freeze') expect(blow.frozenMs).toBeGreaterThan(sessionTimeoutMs);
    }
  });

  it('is told', () => {
    const about = { number: 1, afterMs: 300 };
    expect(described({ ...about, how: 'kill', victims: ['wallet'] })).toBe('after 300 ms kill -9 wallet');
    const pair = { ...about, how: 'kill-pair', victims: ['wallet', 'kafka'] } as const;
    expect(described({ ...pair, gapMs: 0 })).toBe('after 300 ms kill -9 wallet and kafka');
    expect(described({ ...pair, gapMs: 9 })).toBe('after 300 ms kill -9 wallet, 9 ms later kafka');
    expect(described({ ...about, how: 'freeze', victims: ['kafka'], frozenMs: 31_000 })).toBe(
      'after 300 ms SIGSTOP kafka, SIGCONT 31000 ms later',
    );
  });
});
