import { ProblemError } from '@florin/service-host';
import { turns } from './turns.js';

describe('turns', () => {
  /** Work that ends when it is told to. */
  function work(name: string, log: string[]) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const start = (): Promise<string> => {
      log.push(name);
      return promise;
    };
    return { start, end: () => resolve(name), fail: () => reject(new Error(name)) };
  }

  const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('lets so much run, the rest wait in order, and refuses what is beyond', async () => {
    const inTurn = turns({ running: 2, waiting: 2 });
    const log: string[] = [];
    const jobs = ['a', 'b', 'c', 'd', 'e'].map((name) => work(name, log));
    const [a, b, c, d, e] = jobs.map(({ start }) => inTurn(start)) as [Promise<string>, ...Promise<string>[]];
    await expect(e).rejects.toBeInstanceOf(ProblemError);
    await soon();
    expect(log).toEqual(['a', 'b']);
    jobs[1]?.end();
    await b;
    await soon();
    expect(log).toEqual(['a', 'b', 'c']);
    for (const { end } of jobs) end();
    expect(await Promise.all([a, c, d])).toEqual(['a', 'c', 'd']);
  });

  it('gives the turn of work that fails to the next', async () => {
    const inTurn = turns({ running: 1, waiting: 1 });
    const log: string[] = [];
    const [first, second, third] = [work('a', log), work('b', log), work('c', log)];
    const failing = inTurn(first.start);
    const next = inTurn(second.start);
    first.fail();
    await expect(failing).rejects.toThrow('a');
    second.end();
    expect(await next).toBe('b');
    third.end();
    expect(await inTurn(third.start)).toBe('c');
  });
});
