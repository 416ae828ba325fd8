import { testMoneyAccount, walletAccount } from '@florin/contracts';
import type { LedgerCommand } from '@florin/ledger';

/** Opens a person's e-money account: owed to them, and never below zero. */
export function openWallet(personId: string): LedgerCommand {
  return {
    type: 'OpenAccount',
    account: walletAccount(personId),
    owner: personId,
    class: 'liability',
    chart: '2010',
    floor: 0n,
    testMoney: false,
  };
}

/** Opens the account that test money comes from, marked as such, without a floor. */
export const openTestMoney: LedgerCommand = {
  type: 'OpenAccount',
  account: testMoneyAccount,
  owner: null,
  class: 'asset',
  chart: '1900',
  floor: null,
  testMoney: true,
};
