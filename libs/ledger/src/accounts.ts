import { CURRENCY_OR_ASSET, isSafeAmount } from './money.js';

export const accountClasses = ['asset', 'liability', 'equity', 'income', 'expense'] as const;
export type AccountClass = (typeof accountClasses)[number];

export interface Account {
  readonly id: string;
  /** Opaque id of whose account it is; `null` for the platform's own. */
  readonly owner: string | null;
  readonly class: AccountClass;
  /** Number in the chart of accounts, such as 2010 (users' available e-money). */
  readonly chart: string;
  /** The book's currency, or the code of an asset issued in it. */
  readonly currency: string;
  /** Least natural balance in minor units, never above zero because accounts open at zero; `null`: none. */
  readonly floor: bigint | null;
  /** Money that comes out of this account is not real. */
  readonly testMoney: boolean;
}

/** Which way money may not go: into the account, out of it, or neither. */
export const frozenDirections = ['in', 'out', 'both'] as const;
export type Frozen = (typeof frozenDirections)[number];

const ACCOUNT_ID = /^[a-z]+:[a-z0-9-]{1,64}$/;
const OWNER_ID = /^[A-Za-z0-9-]{1,64}$/;
const CHART = /^[0-9]{4}$/;

/** What is wrong with an account, as a sentence, or `undefined`. */
export function accountFault(account: Account): string | undefined {
  if (!ACCOUNT_ID.test(account.id)) return `"${account.id}" is not an account id such as wallet:<id>`;
  if (account.owner !== null && !OWNER_ID.test(account.owner)) return 'the owner is not an opaque id';
  if (!accountClasses.includes(account.class)) return `"${account.class}" is not a class of accounts`;
  if (!CHART.test(account.chart)) return `"${account.chart}" is not a chart number of four digits`;
  if (!CURRENCY_OR_ASSET.test(account.currency))
    return `"${account.currency}" is not the code of a currency or an asset`;
  if (account.floor !== null && (account.floor > 0n || !isSafeAmount(account.floor))) {
    return `a floor of ${account.floor} cannot hold for an account that opens at zero`;
  }
  return undefined;
}

/** A balance on the account's own side: positive when an asset is in debit, or a liability in credit. */
export function naturalBalance(accountClass: AccountClass, debitBalance: bigint): bigint {
  return accountClass === 'asset' || accountClass === 'expense' ? debitBalance : -debitBalance;
}

/** Whether two accounts are the same in every respect. */
export function sameAccount(a: Account, b: Account): boolean {
  return (
    a.id === b.id &&
    a.owner === b.owner &&
    a.class === b.class &&
    a.chart === b.chart &&
    a.currency === b.currency &&
    a.floor === b.floor &&
    a.testMoney === b.testMoney
  );
}
