import type { Account, AccountRow, Frozen, Hold } from '@florin/ledger';

/** What many accounts have in common. */
type Kind = Omit<Account, 'id' | 'owner' | 'floor'> & { readonly floor: string | null };

interface Rare {
  readonly held: string;
  readonly frozen: Frozen | null;
  readonly closed: boolean;
  /** Id, amount, and when it expires. */
  readonly holds: readonly (readonly [id: string, amount: string, expiresAt: number])[];
}

/**
 * Accounts in columns, for a hundred thousand of them to be read in a blink: texts joined by line feeds, numbers in arrays, and
 * what few accounts have by its place in the list.
 */
interface Columns {
  readonly ids: string;
  readonly owners: string;
  readonly kinds: readonly Kind[];
  readonly kind: readonly number[];
  readonly balances: readonly number[];
  /** Number of the last segment that touched the account. */
  readonly segments: readonly number[];
  readonly rare: Readonly<Record<string, Rare>>;
}

/** An account, and the number of the last segment that touched it. */
export interface TouchedRow {
  readonly row: AccountRow;
  readonly segment: number;
}

/** The text that some accounts are stored as. */
export function encodeAccounts(rows: readonly TouchedRow[]): string {
  const kinds = new Map<string, { kind: Kind; at: number }>();
  const rare: Record<string, Rare> = {};
  const kind = rows.map(({ row: { account } }) => {
    const { class: accountClass, chart, currency, testMoney } = account;
    const floor = account.floor === null ? null : account.floor.toString();
    const own: Kind = { class: accountClass, chart, currency, floor, testMoney };
    const key = JSON.stringify(own);
    const known = kinds.get(key) ?? { kind: own, at: kinds.size };
    kinds.set(key, known);
    return known.at;
  });
  rows.forEach(({ row: { held, frozen, closed, holds } }, i) => {
    if (held === 0n && frozen === null && !closed && holds.length === 0) return;
    const own = holds.map(({ id, amount, expiresAt }) => [id, amount.toString(), expiresAt] as const);
    rare[i] = { held: held.toString(), frozen, closed, holds: own };
  });
  const columns: Columns = {
    ids: rows.map(({ row }) => row.account.id).join('\n'),
    owners: rows.map(({ row }) => row.account.owner ?? '').join('\n'),
    kinds: [...kinds.values()].map((known) => known.kind),
    kind,
    // Within the safe range by the rules of a book.
    balances: rows.map(({ row }) => Number(row.debitBalance)),
    segments: rows.map(({ segment }) => segment),
    rare,
  };
  return JSON.stringify(columns);
}

/** The accounts of a text, each of which is read only where it is asked for. */
export interface StoredAccounts {
  readonly ids: readonly string[];
  /** The last segment that touched each. */
  readonly segments: readonly number[];
  /** The account at a place of `ids`. */
  row(i: number): AccountRow;
}

/** Reads what `encodeAccounts` wrote; throws for anything else, here or where a row is read. */
export function decodeAccounts(text: string): StoredAccounts {
  const columns = JSON.parse(text) as Columns;
  const owners = columns.owners.split('\n');
  const kinds = columns.kinds.map((kind) => ({
    ...kind,
    floor: kind.floor === null ? null : BigInt(kind.floor),
  }));
  const ids = columns.ids.split('\n');
  return {
    ids,
    segments: columns.segments,
    row(i) {
      const owner = owners[i] === '' ? null : (owners[i] as string);
      const kind = kinds[columns.kind[i] as number] as (typeof kinds)[number];
      const { class: accountClass, chart, currency, floor, testMoney } = kind;
      const id = ids[i] as string;
      const account: Account = { id, owner, class: accountClass, chart, currency, floor, testMoney };
      const debitBalance = BigInt(columns.balances[i] as number);
      const { held, frozen, closed, holds } = columns.rare[i] ?? common;
      return { account, debitBalance, held: BigInt(held), frozen, closed, holds: holds.map(holdOf) };
    },
  };
}

const common: Rare = { held: '0', frozen: null, closed: false, holds: [] };

function holdOf([id, amount, expiresAt]: Rare['holds'][number]): Omit<Hold, 'account'> {
  return { id, amount: BigInt(amount), expiresAt };
}

/** When one segment touched an account: places within it, from 0, and the number of the segment that did so before, or 0. */
export interface Touches {
  readonly at: readonly number[];
  readonly before: number;
}

/** The text that the touches of some accounts are stored as. */
export function encodeTouches(touches: readonly (readonly [account: string, Touches])[]): string {
  return JSON.stringify({
    ids: touches.map(([id]) => id).join('\n'),
    at: touches.map(([, { at }]) => at),
    before: touches.map(([, { before }]) => before),
  });
}

/** Reads what `encodeTouches` wrote. */
export function decodeTouches(text: string): Map<string, Touches> {
  const { ids, at, before } = JSON.parse(text) as { ids: string; at: number[][]; before: number[] };
  const touches = ids.split('\n').map((id, i): [string, Touches] => {
    return [id, { at: at[i] as number[], before: before[i] as number }];
  });
  return new Map(touches);
}
