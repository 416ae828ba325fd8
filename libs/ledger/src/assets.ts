import type { Account } from './accounts.js';

/**
 * An asset that somebody issues within a book, such as a voucher or a stablecoin. Units come into being by an entry that
 * debits its supply account, and end by one that credits it; what it owes is covered by the balance of the reserve account.
 */
export interface IssuedAsset {
  /** Four to twelve letters and digits: never an ISO 4217 code. */
  readonly code: string;
  /** Decimal places of one unit, 0 to 9. */
  readonly scale: number;
  /** Opaque id of who issues it. */
  readonly issuer: string;
  /** Account in the book's currency that backs it, and no other asset. */
  readonly reserve: string;
  /** How many minor units of the asset one minor unit of the reserve backs. */
  readonly backing: bigint;
}

/**
 * Why an account in an asset's units cannot be opened, as a sentence, or `undefined`. Nobody can have less than none of them: so
 * those who have some hold its supply altogether, and never more.
 */
export function unitsFault({ id, class: accountClass, currency, floor }: Account): string | undefined {
  const expected = id === supplyAccount(currency) ? 'asset' : 'liability';
  if (accountClass === expected && floor === 0n) return undefined;
  return `${id} has units of ${currency}, but is no ${expected} with a floor of 0`;
}

/** Account whose debit balance is the supply of an asset: what holders have, altogether. */
export function supplyAccount(code: string): string {
  return `supply:${code.toLowerCase()}`;
}
