import type { AccountState, LedgerState } from './state.js';
import type { RecentEntryIds } from './entry-id.js';
import type { LedgerEvent } from './events.js';

/** The same object as a `LedgerState`, for the one function that may write it. */
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
interface Book extends Writable<Omit<LedgerState, 'accounts' | 'entryIds'>> {
  readonly accounts: Map<string, Writable<AccountState>>;
  readonly entryIds: RecentEntryIds;
}

/**
 * The book after an event that `decide` made or that a replay has checked. For speed it changes the given state and
 * returns it: the caller gives it away.
 */
export function evolve(state: LedgerState, event: LedgerEvent): LedgerState {
  const book = state as Book;
  book.revision += 1n;
  book.recordedAt = event.recordedAt;
  book.entryIds.forgetBefore(event.recordedAt);
  apply(book, event);
  return book;
}

function apply(book: Book, event: LedgerEvent): void {
  switch (event.type) {
    case 'LedgerCreated':
      book.currency = event.currency;
      return;
    case 'AccountOpened': {
      const { id, owner, class: accountClass, chart, currency, floor, testMoney } = event;
      const account = { id, owner, class: accountClass, chart, currency, floor, testMoney };
      book.accounts.set(id, { account, debitBalance: 0n });
      return;
    }
    case 'EntryPosted':
      book.entryIds.add(event.entryId);
      for (const { account, amount } of event.postings) holderOf(book, account).debitBalance += amount;
      return;
    case 'EntryRejected':
      book.entryIds.add(event.entryId);
      return;
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

function holderOf(book: Book, account: string): Writable<AccountState> {
  const holder = book.accounts.get(account);
  if (holder === undefined) throw new Error(`${account} has a posting but was never opened`);
  return holder;
}
