import type { LedgerCommand } from './commands.js';
import { decide } from './decide.js';
import { draftOf } from './draft.js';
import { evolve } from './evolve.js';
import { bookOf, entryIdAt, NOW } from './given.spec.js';
import { funded } from './scene.spec.js';
import { balanceOf, type LedgerState } from './state.js';

const ends = NOW + 1_000;

const transfer = (n: number, amount: bigint, holdId?: string): LedgerCommand => ({
  type: 'PostEntry',
  entryId: entryIdAt(NOW, n),
  kind: 'p2p',
  currency: 'EUR',
  postings: [
    { account: 'wallet:anna', amount },
    { account: 'wallet:bruno', amount: -amount },
  ],
  reference: `payment-${n}`,
  ...(holdId !== undefined && { capture: { holdId, final: true } }),
});

const hold = (n: number, amount: bigint): LedgerCommand => ({
  ...{ type: 'PlaceHold', holdId: entryIdAt(NOW, n), account: 'wallet:anna', currency: 'EUR', amount },
  ...{ expiresAt: ends, kind: 'order', reference: `order-${n}` },
});

/** Decides and evolves; answers the decision. */
function take(state: LedgerState, command: LedgerCommand) {
  const decision = decide(state, command, NOW);
  for (const event of decision.events) state = evolve(state, event);
  return decision;
}

describe('a draft of a book', () => {
  it('decides as the book would, step by step, and leaves it as it is', () => {
    const commands = [
      transfer(1, 15_000n),
      transfer(2, 5_001n),
      transfer(3, 5_000n),
      transfer(1, 15_000n),
      transfer(4, 1n),
    ];
    const [book, untouched] = [bookOf(funded), JSON.stringify(bookOf(funded), plain)];
    const draft = draftOf(book);
    const drafted = commands.map((command) => take(draft, command));
    expect(drafted.map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'refused',
      'accepted',
      'repeated',
      'refused',
    ]);
    expect(balanceOf(draft, 'wallet:bruno')).toBe(20_000n);
    expect(draft.revision).toBe(book.revision + 4n);
    expect(JSON.stringify(book, plain)).toBe(untouched);
    expect(book.entryIds.has(entryIdAt(NOW, 1))).toBe(false);
    expect(commands.map((command) => take(book, command))).toEqual(drafted);
  });

  it('knows the ids, the holds and the accounts of the book', () => {
    const book = bookOf(funded);
    take(book, transfer(1, 1n));
    take(book, hold(2, 19_999n));
    const draft = draftOf(book);
    expect(take(draft, transfer(1, 1n)).outcome).toBe('repeated');
    expect(take(draft, transfer(3, 1n)).outcome).toBe('refused');
    expect(balanceOf(draft, 'wallet:nobody')).toBeUndefined();
  });

  it('takes holds up and ends them, and the book still has its own', () => {
    const book = bookOf(funded);
    take(book, hold(1, 8_000n));
    const draft = draftOf(book);
    expect(take(draft, transfer(2, 8_000n, entryIdAt(NOW, 1))).outcome).toBe('accepted');
    expect(take(draft, transfer(3, 1n, entryIdAt(NOW, 1)))).toMatchObject({ code: 'hold_unknown' });
    expect(take(draft, hold(4, 12_000n)).outcome).toBe('accepted');
    expect(draft.holds.get(entryIdAt(NOW, 4))).toMatchObject({ amount: 12_000n });
    expect([...book.holds.keys()]).toEqual([entryIdAt(NOW, 1)]);
    expect(book.accounts.get('wallet:anna')).toMatchObject({ held: 8_000n, debitBalance: -20_000n });
  });
});

/** Maps and amounts as JSON. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map ? [...value] : value;
}
