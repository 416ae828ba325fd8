import { jest } from '@jest/globals';
import { Restarts, waitsMs } from './restarts.js';

const controller = () => new AbortController();

/** Restarts on a clock that waiting alone moves; `outcomes` are what the attempts to start come to. */
function restartsWith(outcomes: readonly ('ready' | 'dies')[], aborting = controller()) {
  const said: string[] = [];
  const clock = { nowMs: 0 };
  const left = [...outcomes];
  const start = jest.fn(() =>
    left.shift() === 'ready'
      ? Promise.resolve()
      : Promise.reject(new Error('wallet did not start (exit code 78).\nIts log ends with:\nno luck')),
  );
  const restarts = new Restarts({
    start,
    say: (line) => said.push(line),
    signal: aborting.signal,
    wait: async (ms) => (clock.nowMs += ms),
    now: () => clock.nowMs,
  });
  return { restarts, said, clock, start };
}

describe('a process that has ended by itself', () => {
  it('is started again, and both is said', async () => {
    const { restarts, said } = restartsWith(['ready']);
    await restarts.ended('wallet');
    expect(said).toEqual(['wallet is started again in 1 s (attempt 1 of 5).', 'wallet is ready again.']);
  });

  it('is waited for longer each time, and given up after the last', async () => {
    const { restarts, said, clock, start } = restartsWith([]);
    await restarts.ended('wallet');
    expect(start).toHaveBeenCalledTimes(waitsMs.length);
    expect(clock.nowMs).toBe(31_000);
    expect(said.filter((line) => line === 'wallet did not start (exit code 78).')).toHaveLength(5);
    expect(said.at(-1)).toContain('wallet ends again and again and is not started any more');
  });

  it('is given up, too, when it ends soon after each start; another one is not', async () => {
    const { restarts, said } = restartsWith(Array.from({ length: 6 }, () => 'ready'));
    for (let end = 0; end < 6; end++) await restarts.ended('wallet');
    expect(said.at(-1)).toContain('not started any more');
    await restarts.ended('kafka');
    expect(said.at(-1)).toBe('kafka is ready again.');
  });

  it('begins anew when it had run for a minute', async () => {
    const { restarts, said, clock } = restartsWith(['ready', 'ready', 'ready']);
    await restarts.ended('wallet');
    await restarts.ended('wallet');
    clock.nowMs += 60_000;
    await restarts.ended('wallet');
    expect(said.filter((line) => line.includes('in 1 s (attempt 1'))).toHaveLength(2);
    expect(said.filter((line) => line.includes('in 2 s (attempt 2'))).toHaveLength(1);
  });

  it('stays down while everything stops', async () => {
    const stopped = controller();
    stopped.abort();
    const { restarts, said, start } = restartsWith(['ready'], stopped);
    await restarts.ended('wallet');
    expect([said, start.mock.calls]).toEqual([[], []]);
  });

  it('breaks off its waiting when everything stops', async () => {
    const stopping = controller();
    const said: string[] = [];
    const start = () => Promise.reject(new Error('unreachable'));
    const restarts = new Restarts({ start, say: (line) => said.push(line), signal: stopping.signal });
    const ended = restarts.ended('wallet');
    stopping.abort();
    await ended;
    expect(said).toEqual(['wallet is started again in 1 s (attempt 1 of 5).']);
  });
});
