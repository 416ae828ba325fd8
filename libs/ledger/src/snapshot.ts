import type { Account } from './accounts.js';
import { supplyAccount, type IssuedAsset } from './assets.js';
import { canonicalJson, type JsonObject } from './canonical.js';
import { RecentEntryIds } from './entry-id.js';
import type { Hold } from './holds.js';
import { OpenMovements, type SlotJson } from './periods.js';
import type { AccountState, LedgerState } from './state.js';

/** An account as a snapshot has it. */
export interface AccountRow extends AccountState {
  readonly holds: readonly Omit<Hold, 'account'>[];
}

/** What a book knows beside its accounts and the ids of its outcomes. A JSON object: amounts are decimal texts. */
export interface BookSummary {
  readonly ledger: string;
  readonly currency: string;
  readonly revision: string;
  readonly recordedAt: number;
  readonly reversed: readonly string[];
  readonly lastPeriod: string | null;
  readonly openFrom: number;
  readonly movements: readonly SlotJson[];
  readonly assets: readonly (Omit<IssuedAsset, 'backing'> & { readonly backing: string })[];
}

/** The summary of a book, for `restoreBook`. */
export function summaryOf(state: LedgerState): BookSummary {
  const { ledger, currency, revision, recordedAt, reversed, lastPeriod, openFrom, movements, assets } = state;
  return {
    ...{ ledger, currency, revision: revision.toString(), recordedAt, lastPeriod, openFrom },
    reversed: [...reversed].sort(),
    movements: movements.toJSON(),
    assets: [...assets.values()].map((asset) => ({ ...asset, backing: asset.backing.toString() })),
  };
}

/**
 * The book of a summary, every account and the ids of its outcomes, packed; ids whose time is over are left out. What of it
 * is true is the caller's to know.
 */
export function restoreBook(
  summary: BookSummary,
  rows: Iterable<AccountRow>,
  packedIds: Iterable<Uint32Array>,
): LedgerState {
  const accounts = new Map<string, AccountState>();
  const holds = new Map<string, Hold>();
  for (const { account, debitBalance, held, frozen, closed, holds: own } of rows) {
    accounts.set(account.id, { account, debitBalance, held, frozen, closed });
    for (const hold of own) holds.set(hold.id, { ...hold, account: account.id });
  }
  const entryIds = new RecentEntryIds();
  for (const packed of packedIds) entryIds.addPacked(packed);
  entryIds.forgetBefore(summary.recordedAt);
  const assets = summary.assets.map((asset) => ({ ...asset, backing: BigInt(asset.backing) }));
  const { ledger, currency, recordedAt, lastPeriod, openFrom } = summary;
  return {
    ...{ ledger, currency, revision: BigInt(summary.revision), recordedAt, lastPeriod, openFrom },
    ...{ accounts, holds, entryIds, reversed: new Set(summary.reversed) },
    movements: OpenMovements.fromJSON(summary.movements),
    assets: new Map(assets.map((asset) => [asset.code, asset])),
    backings: new Map(
      assets.flatMap((asset) => [
        [asset.reserve, asset],
        [supplyAccount(asset.code), asset],
      ]),
    ),
  };
}

/** The open holds of each account that has some. */
export function holdsByAccount(state: LedgerState): Map<string, Omit<Hold, 'account'>[]> {
  const byAccount = new Map<string, Omit<Hold, 'account'>[]>();
  for (const { account, ...hold } of state.holds.values()) {
    const own = byAccount.get(account);
    if (own === undefined) byAccount.set(account, [hold]);
    else own.push(hold);
  }
  return byAccount;
}

/**
 * One text for all that a book knows, whatever way it came to know it: two books with the same text decide alike. Large: for
 * comparing, not for storing.
 */
export function bookText(state: LedgerState): string {
  const holds = holdsByAccount(state);
  const accounts = [...state.accounts.values()]
    .sort((a, b) => (a.account.id < b.account.id ? -1 : 1))
    .map((row) => accountJson(row, holds.get(row.account.id) ?? []));
  return canonicalJson({ ...summaryOf(state), accounts, ids: [...state.entryIds.packed()] });
}

function accountJson(
  { account, debitBalance, held, frozen, closed }: AccountState,
  holds: readonly Omit<Hold, 'account'>[],
): JsonObject {
  const { floor, ...rest }: Account = account;
  return {
    account: { ...rest, floor: floor === null ? null : floor.toString() },
    ...{ debitBalance: debitBalance.toString(), held: held.toString(), frozen, closed },
    holds: holds
      .map(({ id, amount, expiresAt }) => ({ id, amount: amount.toString(), expiresAt }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
