import { Readable } from 'node:stream';
import { batches } from './batches.js';

const never = new AbortController().signal;

function endless(highWaterMark: number): { source: Readable; produced: () => number } {
  let count = 0;
  const source = new Readable({ objectMode: true, highWaterMark, read: () => source.push((count += 1)) });
  return { source, produced: () => count };
}

describe('batches', () => {
  it('fills every batch but the last when full batches are wanted', async () => {
    const source = Readable.from([1, 2, 3, 4, 5]);
    const found: number[][] = [];
    for await (const batch of batches<number>(source, { max: 2, full: true, signal: never }))
      found.push(batch);
    expect(found).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('hands over what is there, and what came in the meantime next', async () => {
    const source = new Readable({ objectMode: true, read: () => undefined });
    const iterator = batches<number>(source, { max: 10, full: false, signal: never });
    source.push(1);
    expect((await iterator.next()).value).toEqual([1]);
    source.push(2);
    source.push(3);
    expect((await iterator.next()).value).toEqual([2, 3]);
    source.push(null);
    expect((await iterator.next()).done).toBe(true);
  });

  it('makes the source wait while the consumer works', async () => {
    const { source, produced } = endless(4);
    const iterator = batches<number>(source, { max: 4, full: true, signal: never });
    expect((await iterator.next()).value).toEqual([1, 2, 3, 4]);
    await new Promise(setImmediate);
    expect(produced()).toBeLessThanOrEqual(12);
  });

  it('throws the error after the items that came before it, and swallows later ones', async () => {
    const source = new Readable({ objectMode: true, read: () => undefined });
    const iterator = batches<number>(source, { max: 10, full: true, signal: never });
    source.push(1);
    source.emit('error', new Error('connection lost'));
    expect((await iterator.next()).value).toEqual([1]);
    await expect(iterator.next()).rejects.toThrow('connection lost');
    source.emit('error', new Error('again'));
  });

  it('ends at once when aborted', async () => {
    const source = new Readable({ objectMode: true, read: () => undefined });
    const controller = new AbortController();
    const next = batches(source, { max: 1, full: true, signal: controller.signal }).next();
    controller.abort();
    expect((await next).done).toBe(true);
  });
});
