import type { IssuedAsset } from './assets.js';
import { supplyAccount } from './assets.js';
import type { RecentEntryIds } from './entry-id.js';
import { outcomeId, type EntryPosted, type LedgerEvent } from './events.js';
import type { Hold } from './holds.js';
import type { OpenMovements } from './periods.js';
import { captured } from './rules.js';
import type { AccountState, LedgerState } from './state.js';

/** The same object as a `LedgerState`, for the one function that may write it. */
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
interface Book extends Writable<LedgerState> {
  readonly accounts: Map<string, Writable<AccountState>>;
  readonly holds: Map<string, Hold>;
  readonly entryIds: RecentEntryIds;
  readonly reversed: Set<string>;
  readonly movements: OpenMovements;
  readonly assets: Map<string, IssuedAsset>;
  readonly backings: Map<string, IssuedAsset>;
}

/**
 * The book after an event that `decide` made or that a replay has checked. For speed it changes the given state and
 * returns it: the caller gives it away.
 */
export function evolve(state: LedgerState, event: LedgerEvent): LedgerState {
  const book = state as Book;
  apply(book, event);
  book.revision += 1n;
  book.recordedAt = event.recordedAt;
  book.entryIds.forgetBefore(event.recordedAt);
  const id = outcomeId(event);
  if (id !== undefined) book.entryIds.add(id);
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
      book.accounts.set(id, { account, debitBalance: 0n, held: 0n, frozen: null, closed: false });
      return;
    }
    case 'EntryPosted':
      return applyEntry(book, event);
    case 'EntryRejected':
      return;
    case 'HoldPlaced': {
      const { holdId: id, account, amount, expiresAt } = event;
      book.holds.set(id, { id, account, amount, expiresAt });
      holderOf(book, account).held += amount;
      return;
    }
    case 'HoldExtended': {
      const hold = holdOf(book, event.holdId);
      book.holds.set(hold.id, { ...hold, expiresAt: event.expiresAt });
      return;
    }
    case 'HoldReleased':
    case 'HoldExpired': {
      const hold = holdOf(book, event.holdId);
      holderOf(book, hold.account).held -= hold.amount;
      book.holds.delete(hold.id);
      return;
    }
    case 'AccountFrozen':
      holderOf(book, event.account).frozen = event.frozen;
      return;
    case 'AccountUnfrozen':
      holderOf(book, event.account).frozen = null;
      return;
    case 'AccountClosed':
      holderOf(book, event.account).closed = true;
      return;
    case 'PeriodClosed':
      book.lastPeriod = event.period;
      book.openFrom = event.until;
      book.movements.dropBefore(event.until);
      return;
    case 'AssetDefined': {
      const { code, scale, issuer, reserve, backing } = event;
      const asset = { code, scale, issuer, reserve, backing };
      book.assets.set(code, asset);
      book.backings.set(reserve, asset).set(supplyAccount(code), asset);
      return;
    }
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

function applyEntry(book: Book, event: EntryPosted): void {
  const taken = captured(book, event);
  if (taken !== undefined) {
    const { hold, amount, freed, ends } = taken;
    holderOf(book, hold.account).held -= freed;
    if (ends) book.holds.delete(hold.id);
    else book.holds.set(hold.id, { ...hold, amount: hold.amount - amount });
  }
  book.movements.addEntry(event.effectiveAt);
  for (const { account, amount } of event.postings) {
    const holder = holderOf(book, account);
    holder.debitBalance += amount;
    const { class: accountClass, currency } = holder.account;
    book.movements.addPosting(event.effectiveAt, currency, accountClass, amount);
  }
  if (event.reverses !== undefined) book.reversed.add(event.reverses.entryId);
}

function holderOf(book: Book, account: string): Writable<AccountState> {
  const holder = book.accounts.get(account);
  if (holder === undefined) throw new Error(`${account} is touched but was never opened`);
  return holder;
}

function holdOf(book: Book, holdId: string): Hold {
  const hold = book.holds.get(holdId);
  if (hold === undefined) throw new Error(`hold ${holdId} is touched but is not open`);
  return hold;
}
