import { naturalBalance, type Account } from './accounts.js';
import type { Entry, Rejection } from './entry.js';
import { isSafeAmount } from './money.js';
import type { LedgerState } from './state.js';

/**
 * Why a balanced entry cannot stand in this book, or `undefined`. Holds before every append and is checked again on
 * every load: own currency, open accounts, no balance under its floor or beyond the safe range.
 */
export function entryFault(state: LedgerState, entry: Entry): Rejection | undefined {
  if (entry.currency !== state.currency) {
    return {
      code: 'currency_mismatch',
      detail: `the book is in ${state.currency}, the entry in ${entry.currency}`,
    };
  }
  let fault: Rejection | undefined;
  for (const { account, amount } of entry.postings) {
    const holder = state.accounts.get(account);
    if (holder === undefined) return { code: 'account_unknown', detail: `${account} was never opened` };
    fault ??= balanceFault(holder.account, holder.debitBalance + amount);
  }
  return fault;
}

function balanceFault(
  { id, class: accountClass, floor }: Account,
  debitBalance: bigint,
): Rejection | undefined {
  if (!isSafeAmount(debitBalance)) {
    return { code: 'entry_invalid', detail: `the balance of ${id} would be beyond the greatest amount` };
  }
  const balance = naturalBalance(accountClass, debitBalance);
  if (floor === null || balance >= floor) return undefined;
  return { code: 'insufficient_funds', detail: `${id} would hold ${balance}, under its floor of ${floor}` };
}
