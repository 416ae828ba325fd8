import type { StoredEvent } from '@florin/event-store';
import type { WalletBalance } from './balance.queries.js';
import { LogBehind } from '../ledgers/log-check.js';
import { BalanceBehind, readAtHead, walletsAtHead } from './read-at-head.js';

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

  it('answers nothing that the log does not have', async () => {
    await expect(readAtHead(depsWith(7n, [8n]))('it-eur')).rejects.toThrow(LogBehind);
    await expect(readAtHead(depsWith(undefined, [8n]))('it-eur')).rejects.toThrow(LogBehind);
  });
});

describe('walletsAtHead', () => {
  /** The books waited for when somebody with wallets in `known` asks. */
  const waitedFor = async (known: string[], ledger?: string): Promise<string[]> => {
    const waited: string[] = [];
    const wallets = walletsAtHead({
      books: ['br-brl', 'it-eur'],
      atHead: async (book) => void waited.push(book),
      walletsOf: async (_, only) =>
        known
          .filter((book) => only === undefined || book === only)
          .map((book) => ({ ledger: book }) as WalletBalance),
    });
    const expected = ledger === undefined ? known : known.filter((book) => book === ledger);
    expect((await wallets('anna', ledger)).map((wallet) => wallet.ledger)).toEqual(expected);
    return waited;
  };

  it("waits for the books of the person's accounts only", async () => {
    expect(await waitedFor(['it-eur'])).toEqual(['it-eur']);
    expect(await waitedFor(['br-brl', 'it-eur'])).toEqual(['br-brl', 'it-eur']);
  });

  it('waits for the book that was asked for, known or not', async () => {
    expect(await waitedFor(['br-brl', 'it-eur'], 'it-eur')).toEqual(['it-eur']);
    expect(await waitedFor(['br-brl'], 'it-eur')).toEqual(['it-eur']);
  });

  it('waits for every book where no wallet is known yet, and for none that is not kept here', async () => {
    expect(await waitedFor([])).toEqual(['br-brl', 'it-eur']);
    expect(await waitedFor(['in-inr'])).toEqual([]);
  });
});
