import { left, natural, supplyOf, takenFrom, type Account, type Book, type Hold } from './book.js';
import type { PostEntry, Posting } from './commands.js';

const MOST = 2n ** 53n - 1n;

/** Whether every JSON parser keeps an amount exactly. */
export function isAmount(amount: bigint): boolean {
  return amount <= MOST && amount >= -MOST;
}

/** Whether a number is whole ms since the epoch. */
export function isInstant(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0;
}

/** An entry that was found in the log, which may be longer than what the book has taken in. */
interface Found {
  readonly entryId: string;
  readonly revision: number;
}

/** Why an entry is refused, or `undefined`; the first of the reasons, in this order. `undoes` is the entry that it reverses. */
export function entryRefusal(book: Book, entry: PostEntry, at: number, undoes?: Found): string | undefined {
  const { currency, effectiveAt = at } = entry;
  if (!isEntry(entry)) return 'entry_invalid';
  if (currency !== book.currency && !book.assets.has(currency)) return 'currency_mismatch';
  if (!isInstant(effectiveAt) || effectiveAt > at) return 'entry_invalid';
  if (effectiveAt < book.openFrom) return 'period_closed';
  if (undoes !== undefined && undoes.revision >= book.facts.length) return 'entry_unknown';
  if (undoes !== undefined && book.isUndone(undoes.entryId)) return 'entry_reversed';
  return movementRefusal(book, entry, at);
}

/** Two to a hundred postings to different accounts, none of nothing, that sum to nothing; and metadata that say something known. */
function isEntry({ postings, metadata }: PostEntry): boolean {
  if (postings.length < 2 || postings.length > 100) return false;
  if (postings.some(({ amount }) => amount === 0n || !isAmount(amount))) return false;
  if (postings.reduce((sum, { amount }) => sum + amount, 0n) !== 0n) return false;
  if (new Set(postings.map(({ account }) => account)).size < postings.length) return false;
  if (metadata === undefined) return true;
  const fields = Object.entries(metadata) as [string, string][];
  return (
    fields.length > 0 && fields.every(([key, value]) => KEYS.includes(key) && /^[!-~]{1,64}$/.test(value))
  );
}

const KEYS = ['channel', 'disputeId', 'orderId', 'paymentId', 'payoutId', 'reason'];

function movementRefusal(book: Book, entry: PostEntry, at: number): string | undefined {
  const moves: { account: Account; amount: bigint }[] = [];
  for (const { account: id, amount } of entry.postings) {
    const account = book.accounts.get(id);
    if (account === undefined) return 'account_unknown';
    moves.push({ account, amount });
  }
  for (const { account, amount } of moves) {
    const refusal = wayRefusal(account, entry.currency, amount);
    if (refusal !== undefined) return refusal;
  }
  let freed: Hold | undefined;
  if (entry.capture !== undefined) {
    freed = book.holds.get(entry.capture.holdId);
    if (freed?.open !== true) return 'hold_unknown';
    if (at >= freed.expiresAt) return 'hold_expired';
    const taken = takenFrom(book.accounts.get(freed.account) as Account, entry.postings);
    if (taken <= 0n) return 'entry_invalid';
    if (taken > left(freed)) return 'hold_exceeded';
  }
  for (const { account, amount } of moves) {
    const refusal = balanceRefusal(book, account, amount, freedBy(entry, account, freed));
    if (refusal !== undefined) return refusal;
  }
  return coverRefusal(book, entry.postings);
}

/** Whether money in this currency may go this way. A debit amount is positive. */
export function wayRefusal(account: Account, currency: string, amount: bigint): string | undefined {
  if (account.currency !== currency) return 'currency_mismatch';
  if (account.closed) return 'account_closed';
  const way = natural(account, amount) > 0n ? 'in' : 'out';
  return account.frozen === 'both' || account.frozen === way ? 'account_frozen' : undefined;
}

/** How much of an account is on hold no more: all of the hold when the entry is its last, else what it takes. */
function freedBy(entry: PostEntry, account: Account, hold: Hold | undefined): bigint {
  if (hold?.account !== account.id) return 0n;
  return entry.capture?.final === true ? left(hold) : takenFrom(account, entry.postings);
}

/** What an account holds stays exact; and what of it is not on hold stays at its floor or above. */
export function balanceRefusal(
  book: Book,
  account: Account,
  amount: bigint,
  freed: bigint,
): string | undefined {
  const after = book.debitBalance(account) + amount;
  if (!isAmount(after)) return 'entry_invalid';
  if (account.floor === null) return undefined;
  const available = natural(account, after) - (book.held(account) - freed);
  return available < account.floor ? 'insufficient_funds' : undefined;
}

/** The supply of an asset never exceeds what its reserve backs. */
function coverRefusal(book: Book, postings: readonly Posting[]): string | undefined {
  const moved = (id: string): bigint => postings.find(({ account }) => account === id)?.amount ?? 0n;
  for (const { code, reserve, backing } of book.assets.values()) {
    const concerned = postings.some(({ account }) => account === reserve || account === supplyOf(code));
    if (!concerned) continue;
    const after = (id: string): bigint => {
      const account = book.accounts.get(id) as Account;
      return natural(account, book.debitBalance(account) + moved(id));
    };
    const covered = after(reserve) > 0n ? after(reserve) * backing : 0n;
    if (after(supplyOf(code)) > covered) return 'reserve_exceeded';
  }
  return undefined;
}
