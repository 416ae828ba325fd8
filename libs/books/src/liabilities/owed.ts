import type { Account, LedgerState } from '@florin/ledger';
import type { Liability } from '@florin/proofs';

/**
 * Whether an account is in the proof of liabilities: one of the class liability that has an owner, in the book's currency, also
 * where it is frozen, closed or at zero. The units of an issued asset are covered by its reserve, and are not added to money.
 */
export function isOwed(account: Pick<Account, 'class' | 'currency' | 'owner'>, currency: string): boolean {
  return account.class === 'liability' && account.owner !== null && account.currency === currency;
}

/** What is owed at a debit balance, in minor units: who owes us makes nothing smaller that we owe others. */
export function owedAt(debitBalance: bigint): bigint {
  return debitBalance < 0n ? -debitBalance : 0n;
}

/** What a book owes its users, account by account. */
export function* liabilitiesOf({ accounts, currency }: LedgerState): Generator<Liability> {
  for (const { account, debitBalance } of accounts.values()) {
    if (isOwed(account, currency)) yield { account: account.id, balance: owedAt(debitBalance) };
  }
}
