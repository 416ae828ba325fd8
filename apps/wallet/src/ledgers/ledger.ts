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

/** The outcome of a command is not known: the log could not be reached, or another writer was faster. Send it again. */
export class LedgerUnavailable extends Error {
  /** Read by the consumers' retry policy: an outage is waited out. */
  readonly transient = true;

  constructor(ledger: string, cause: Error) {
    super(`ledger ${ledger} is not available: ${cause.message}`, { cause });
    this.name = 'LedgerUnavailable';
  }
}

/**
 * The stored history of a book is not what a ledger can have written: nothing may be added to it. Its commands wait, as in an
 * outage, until somebody has looked: giving them up would leave their payments without an outcome.
 */
export class LedgerDamaged extends Error {
  readonly transient = true;

  constructor(ledger: string, revision: bigint, detail: string) {
    super(`ledger ${ledger} is damaged at revision ${revision}: ${detail}`);
    this.name = 'LedgerDamaged';
  }
}
