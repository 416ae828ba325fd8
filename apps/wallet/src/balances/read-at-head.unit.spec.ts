import type { StoredEvent } from '@florin/event-store';
import { BalanceBehind, readAtHead } from './read-at-head.js';

const depsWith = (head: bigint | undefined, projected: bigint[]) => {
  let now = 0;
  return {
    store: {
      async *read(): AsyncIterable<StoredEvent[]> {
        if (head !== undefined) yield [{ revision: head } as StoredEvent];
      },
    },
    projected: async () => (projected.length > 1 ? (projected.shift() as bigint) : (projected[0] as bigint)),
    nowMs: () => now,
    sleep: async (ms: number) => void (now += ms),
  };
};

describe('readAtHead', () => {
  it('goes on at once where the read models are at the head', async () => {
    await readAtHead(depsWith(7n, [7n]))('it-eur');
  });

  it('needs nothing of a book without events', async () => {
    await readAtHead(depsWith(undefined, [-1n]))('it-eur');
  });

  it('waits for the read models to catch up', async () => {
    const deps = depsWith(7n, [5n, 6n, 7n]);
    await readAtHead(deps)('it-eur');
    expect(deps.nowMs()).toBeGreaterThan(0);
  });

  it('never answers with an old balance', async () => {
    await expect(readAtHead(depsWith(7n, [6n]))('it-eur')).rejects.toThrow(BalanceBehind);
  });
});
