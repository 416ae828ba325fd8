import { jest } from '@jest/globals';
import { rejectionCodes } from '@florin/ledger';
import { fates, formatHistory, parseHistory } from './history/steps.js';
import { runHistory, runSeed } from './run/run.js';

// Some seconds on a quiet machine.
jest.setTimeout(300_000);

describe('the ledger and its model', () => {
  it('say the same in 30 random histories, in which everything happens that can', async () => {
    const happened = new Set<string>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const { divergence, counts } = await runSeed(seed, 600);
      expect(divergence?.text).toBeUndefined();
      for (const what of counts.keys()) happened.add(what);
    }
    const codes = rejectionCodes.map((code) => `refused: ${code}`);
    const rest = [
      'late: done',
      'late: refused',
      'restart',
      'loaded from a snapshot',
      'WrongExpectedRevision',
    ];
    for (const what of [...codes, ...fates, ...rest]) expect(happened).toContain(what);
  });

  it('give the same history for the same seed, to the byte', async () => {
    const [once, again, other] = [await runSeed(7, 400), await runSeed(7, 400), await runSeed(8, 400)];
    expect(once.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(formatHistory(again.history)).toBe(formatHistory(once.history));
    expect(again.digest).toBe(once.digest);
    expect(other.digest).not.toBe(once.digest);
  });

  it('give the same when a history is read from a file and run again', async () => {
    const { history, digest } = await runSeed(9, 400);
    expect((await runHistory(parseHistory(formatHistory(history)))).digest).toBe(digest);
  });
});
