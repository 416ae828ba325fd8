import { naturalBalance } from './accounts.js';
import { supplyAccount, type IssuedAsset } from './assets.js';
import { LedgerCorrupt } from './corrupt.js';
import type { Rejection } from './entry.js';
import { isSafeAmount } from './money.js';
import type { LedgerState } from './state.js';

const ASSET_CODE = /^[A-Z][A-Z0-9]{3,11}$/;
const ISSUER = /^[A-Za-z0-9-]{1,64}$/;

/** Why an asset cannot be defined in a book, as a sentence, or `undefined`. */
export function assetFault(state: LedgerState, asset: IssuedAsset): string | undefined {
  const { code, scale, issuer, reserve, backing } = asset;
  if (!ASSET_CODE.test(code)) return `"${code}" is not an asset code of 4 to 12 capital letters and digits`;
  if (!Number.isInteger(scale) || scale < 0 || scale > 9) return 'the scale is not from 0 to 9';
  if (!ISSUER.test(issuer)) return 'the issuer is not an opaque id';
  if (backing < 1n || !isSafeAmount(backing)) return 'the backing is not a whole number above zero';
  if (state.assets.has(code)) return `${code} is defined already`;
  if (state.accounts.has(supplyAccount(code))) return `${supplyAccount(code)} is open already`;
  const account = state.accounts.get(reserve)?.account;
  if (account === undefined) return `the reserve ${reserve} was never opened`;
  if (account.currency !== state.currency) return `the reserve ${reserve} is not in ${state.currency}`;
  return state.backings.has(reserve) ? `${reserve} is part of another asset` : undefined;
}

/** Supply of an asset and what covers it, in minor units of each. */
export interface Reserves {
  readonly asset: IssuedAsset;
  readonly supply: bigint;
  readonly reserve: bigint;
  /** The greatest supply that the reserve covers. */
  readonly covered: bigint;
}

/** How many units of an asset are with all who have some, in its minor units: summed up, account by account. */
function unitsHeld(state: LedgerState, code: string): bigint {
  let sum = 0n;
  for (const { account, debitBalance } of state.accounts.values()) {
    const balance = naturalBalance(account.class, debitBalance);
    if (account.currency === code && account.id !== supplyAccount(code) && balance > 0n) sum += balance;
  }
  return sum;
}

/**
 * How an asset stands; `undefined` for an unknown one. Throws LedgerCorrupt where people have more or less of it than its supply:
 * no book whose events were all checked comes to that.
 */
export function reservesOf(state: LedgerState, code: string): Reserves | undefined {
  const asset = state.assets.get(code);
  if (asset === undefined) return undefined;
  const reserves = reservesAfter(state, asset, new Map());
  const held = unitsHeld(state, code);
  if (held === reserves.supply) return reserves;
  throw new LedgerCorrupt(
    'supply_differs',
    `${code} has a supply of ${reserves.supply}, but people have ${held}`,
  );
}

/** Why balances after an entry would leave an asset without cover. `changes` are debit amounts by account. */
export function reserveFault(
  state: LedgerState,
  changes: ReadonlyMap<string, bigint>,
): Rejection | undefined {
  for (const account of changes.keys()) {
    const asset = state.backings.get(account);
    if (asset === undefined) continue;
    const { supply, covered } = reservesAfter(state, asset, changes);
    if (supply > covered) {
      const detail = `${asset.code} would have a supply of ${supply}, but its reserve covers ${covered}`;
      return { code: 'reserve_exceeded', detail };
    }
  }
  return undefined;
}

function reservesAfter(
  state: LedgerState,
  asset: IssuedAsset,
  changes: ReadonlyMap<string, bigint>,
): Reserves {
  const balanceAfter = (id: string): bigint => {
    const found = state.accounts.get(id);
    // Between the event that defines an asset and the one that opens its supply account nothing has been issued.
    if (found === undefined) return 0n;
    return naturalBalance(found.account.class, found.debitBalance + (changes.get(id) ?? 0n));
  };
  const reserve = balanceAfter(asset.reserve);
  const supply = balanceAfter(supplyAccount(asset.code));
  return { asset, supply, reserve, covered: reserve > 0n ? reserve * asset.backing : 0n };
}
