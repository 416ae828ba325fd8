import { naturalBalance } from './accounts.js';
import type { Rejection, RejectionCode } from './entry.js';
import type {
  AccountClosed,
  AccountFrozen,
  AccountUnfrozen,
  EntryPosted,
  HoldExpired,
  HoldExtended,
  HoldPlaced,
  HoldReleased,
  LedgerEvent,
  PeriodClosed,
} from './events.js';
import { MAX_HOLD_MS, type Hold } from './holds.js';
import { isInstant, isSafeAmount } from './money.js';
import { endsPeriod, nextPeriod } from './periods.js';
import { assetFault, reserveFault } from './reserves.js';
import type { AccountState, LedgerState } from './state.js';

/**
 * Why an event cannot stand next in this book, or `undefined`. Asked before every append and again on every load. That an
 * entry balances is in its type; the book's own beginning, its clock and ids that come twice are looked at elsewhere.
 */
export function eventFault(state: LedgerState, event: LedgerEvent): Rejection | undefined {
  switch (event.type) {
    case 'EntryPosted':
      return entryFault(state, event);
    case 'HoldPlaced':
      return holdFault(state, event);
    case 'HoldExtended':
      return extensionFault(state, event);
    case 'HoldReleased':
    case 'HoldExpired':
      return holdEndFault(state, event);
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'AccountClosed':
      return accountFault(state, event);
    case 'PeriodClosed':
      return periodFault(state, event);
    case 'AssetDefined': {
      const fault = assetFault(state, event);
      return fault === undefined ? undefined : rejection('asset_invalid', fault);
    }
    case 'LedgerCreated':
    case 'AccountOpened':
    case 'EntryRejected':
      return undefined;
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

function entryFault(state: LedgerState, event: EntryPosted): Rejection | undefined {
  return (
    currencyFault(state, event.currency) ??
    effectFault(state, event) ??
    reversalFault(state, event) ??
    postingsFault(state, event)
  );
}

function currencyFault(state: LedgerState, currency: string): Rejection | undefined {
  if (currency === state.currency || state.assets.has(currency)) return undefined;
  return rejection('currency_mismatch', `the book is in ${state.currency}, the entry in ${currency}`);
}

function effectFault(state: LedgerState, { effectiveAt, recordedAt }: EntryPosted): Rejection | undefined {
  if (!isInstant(effectiveAt) || effectiveAt > recordedAt) {
    return rejection('entry_invalid', `effective at ${effectiveAt}, but recorded at ${recordedAt}`);
  }
  if (effectiveAt >= state.openFrom) return undefined;
  return rejection(
    'period_closed',
    `effective at ${effectiveAt}, but all before ${state.openFrom} is closed`,
  );
}

/** That the postings mirror those of the reversed entry is checked where that entry is at hand. */
function reversalFault(state: LedgerState, { reverses }: EntryPosted): Rejection | undefined {
  if (reverses === undefined) return undefined;
  if (reverses.revision > state.revision) {
    return rejection('entry_unknown', `there is no revision ${reverses.revision} yet`);
  }
  if (!state.reversed.has(reverses.entryId)) return undefined;
  return rejection('entry_reversed', `entry ${reverses.entryId} was reversed before`);
}

function postingsFault(state: LedgerState, event: EntryPosted): Rejection | undefined {
  let fault: Rejection | undefined;
  const moves: { readonly holder: AccountState; readonly amount: bigint }[] = [];
  for (const { account, amount } of event.postings) {
    const holder = state.accounts.get(account);
    if (holder === undefined) return unknownAccount(account);
    moves.push({ holder, amount });
    fault ??= movementFault(holder, event.currency, amount);
  }
  fault ??= captureFault(state, event);
  if (fault !== undefined) return fault;
  const freed = captured(state, event);
  for (const { holder, amount } of moves) {
    const held = holder.held - (freed?.account === holder.account.id ? freed.freed : 0n);
    fault ??= balanceFault(holder, holder.debitBalance + amount, held);
  }
  if (fault !== undefined || state.assets.size === 0) return fault;
  return reserveFault(state, new Map(event.postings.map(({ account, amount }) => [account, amount])));
}

function movementFault(
  { account, frozen, closed }: AccountState,
  currency: string,
  amount: bigint,
): Rejection | undefined {
  if (account.currency !== currency) {
    return rejection(
      'currency_mismatch',
      `${account.id} is in ${account.currency}, the entry in ${currency}`,
    );
  }
  if (closed) return rejection('account_closed', `${account.id} is closed`);
  const way = naturalBalance(account.class, amount) > 0n ? 'in' : 'out';
  if (frozen !== 'both' && frozen !== way) return undefined;
  return rejection('account_frozen', `${account.id} is frozen: no money may go ${way}`);
}

function balanceFault(
  { account: { id, class: accountClass, floor } }: AccountState,
  debitBalance: bigint,
  held: bigint,
): Rejection | undefined {
  if (!isSafeAmount(debitBalance)) {
    return rejection('entry_invalid', `the balance of ${id} would be beyond the greatest amount`);
  }
  const balance = naturalBalance(accountClass, debitBalance);
  if (floor === null || balance - held >= floor) return undefined;
  const holds = held === 0n ? '' : `, of which ${held} is on hold`;
  return rejection('insufficient_funds', `${id} would hold ${balance}${holds}, under its floor of ${floor}`);
}

/** What an entry takes from its hold, and how much of the account's money is on hold no more. */
export interface Captured {
  readonly hold: Hold;
  readonly account: string;
  readonly amount: bigint;
  readonly freed: bigint;
  readonly ends: boolean;
}

/** What an entry captures; `undefined` where its hold is not open. */
export function captured(state: LedgerState, { capture, postings }: EntryPosted): Captured | undefined {
  const hold = capture && state.holds.get(capture.holdId);
  if (hold === undefined) return undefined;
  const { account } = state.accounts.get(hold.account) as AccountState;
  const posting = postings.find((one) => one.account === hold.account);
  const amount = -naturalBalance(account.class, posting?.amount ?? 0n);
  const ends = capture?.final === true || amount === hold.amount;
  return { hold, account: account.id, amount, freed: ends ? hold.amount : amount, ends };
}

function captureFault(state: LedgerState, event: EntryPosted): Rejection | undefined {
  if (event.capture === undefined) return undefined;
  const taken = captured(state, event);
  if (taken === undefined) return unknownHold(event.capture.holdId);
  const { hold, amount } = taken;
  if (event.recordedAt >= hold.expiresAt) return expiredHold(hold);
  if (amount <= 0n) return rejection('entry_invalid', `the entry takes nothing from ${hold.account}`);
  if (amount <= hold.amount) return undefined;
  return rejection('hold_exceeded', `hold ${hold.id} has ${hold.amount} left, the entry takes ${amount}`);
}

function holdFault(state: LedgerState, event: HoldPlaced): Rejection | undefined {
  const { account, amount, currency, expiresAt, recordedAt } = event;
  if (amount <= 0n || !isSafeAmount(amount)) return rejection('entry_invalid', `${amount} cannot be held`);
  if (!mayLast(recordedAt, expiresAt)) {
    return rejection('entry_invalid', `a hold from ${recordedAt} cannot last until ${expiresAt}`);
  }
  const holder = state.accounts.get(account);
  if (holder === undefined) return unknownAccount(account);
  return (
    movementFault(holder, currency, -naturalBalance(holder.account.class, amount)) ??
    balanceFault(holder, holder.debitBalance, holder.held + amount)
  );
}

function mayLast(fromMs: number, untilMs: number): boolean {
  return isInstant(untilMs) && untilMs > fromMs && untilMs <= fromMs + MAX_HOLD_MS;
}

function extensionFault(state: LedgerState, event: HoldExtended): Rejection | undefined {
  const hold = state.holds.get(event.holdId);
  if (hold === undefined) return unknownHold(event.holdId);
  if (event.recordedAt >= hold.expiresAt) return expiredHold(hold);
  if (event.expiresAt > hold.expiresAt && mayLast(event.recordedAt, event.expiresAt)) return undefined;
  return rejection('entry_invalid', `hold ${hold.id} lasts until ${hold.expiresAt}, not ${event.expiresAt}`);
}

function holdEndFault(state: LedgerState, event: HoldReleased | HoldExpired): Rejection | undefined {
  const hold = state.holds.get(event.holdId);
  if (hold === undefined) return unknownHold(event.holdId);
  if (event.type === 'HoldReleased' || event.recordedAt >= hold.expiresAt) return undefined;
  return rejection('hold_unknown', `hold ${hold.id} expires at ${hold.expiresAt}, not yet`);
}

function accountFault(
  state: LedgerState,
  event: AccountFrozen | AccountUnfrozen | AccountClosed,
): Rejection | undefined {
  const holder = state.accounts.get(event.account);
  if (holder === undefined) return unknownAccount(event.account);
  if (holder.closed) return rejection('account_closed', `${event.account} is closed`);
  if (event.type !== 'AccountClosed' || (holder.debitBalance === 0n && holder.held === 0n)) return undefined;
  return rejection('account_not_empty', `${event.account} has a balance of ${holder.debitBalance}`);
}

function periodFault(state: LedgerState, event: PeriodClosed): Rejection | undefined {
  const { period, from, until, recordedAt } = event;
  if (state.lastPeriod !== null && period <= state.lastPeriod) {
    return rejection('period_closed', `${period} is closed: the last that was is ${state.lastPeriod}`);
  }
  if (state.lastPeriod !== null && period !== nextPeriod(state.lastPeriod)) {
    return rejection('period_invalid', `${nextPeriod(state.lastPeriod)} is to be closed before ${period}`);
  }
  if (!endsPeriod(period, until)) return rejection('period_invalid', `${period} does not end at ${until}`);
  if (until > recordedAt) return rejection('period_invalid', `${period} is not over before ${until}`);
  if (from !== state.openFrom)
    return rejection('period_invalid', `it begins at ${state.openFrom}, not ${from}`);
  const { entries, totals } = state.movements.before(until);
  if (!totals.every(({ debits, credits }) => isSafeAmount(debits) && isSafeAmount(credits))) {
    return rejection('period_invalid', `the totals of ${period} are beyond the greatest amount`);
  }
  const same =
    entries === event.entries &&
    totals.length === event.totals.length &&
    totals.every((total, i) => {
      const other = event.totals[i];
      return (
        other?.currency === total.currency &&
        other.class === total.class &&
        other.debits === total.debits &&
        other.credits === total.credits
      );
    });
  return same
    ? undefined
    : rejection('period_invalid', `the totals are not those of the entries of ${period}`);
}

function rejection(code: RejectionCode, detail: string): Rejection {
  return { code, detail };
}

function unknownAccount(account: string): Rejection {
  return rejection('account_unknown', `${account} was never opened`);
}

function unknownHold(holdId: string): Rejection {
  return rejection('hold_unknown', `hold ${holdId} was never placed, or has ended`);
}

function expiredHold({ id, expiresAt }: Hold): Rejection {
  return rejection('hold_expired', `hold ${id} expired at ${expiresAt}`);
}
