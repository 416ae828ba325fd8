import { accountClasses, naturalBalance, type AccountClass } from './accounts.js';
import type { LedgerState } from './state.js';

/** Sums over a group of accounts, in minor units. */
export interface TrialBalanceSums {
  readonly accounts: number;
  /** Sum of the debit balances. */
  readonly debits: bigint;
  /** Sum of the credit balances, as a positive amount. */
  readonly credits: bigint;
}

export interface ClassRow extends TrialBalanceSums {
  readonly class: AccountClass;
  /** Net, on the natural side of the class. */
  readonly balance: bigint;
}

export interface ChartRow extends ClassRow {
  readonly chart: string;
}

export interface TrialBalance extends TrialBalanceSums {
  readonly currency: string;
  /** Debits less credits: zero, or the book is wrong. */
  readonly difference: bigint;
  readonly byClass: ClassRow[];
  readonly byChart: ChartRow[];
}

/**
 * Sums every balance of a book in one currency, its own or that of an asset issued in it; visits each account once. Rows are
 * in the order of the chart of accounts.
 */
export function trialBalance(state: LedgerState, currency = state.currency): TrialBalance {
  const byChart = chartRows(state, currency);
  const byClass = accountClasses.flatMap((accountClass) => {
    const rows = byChart.filter((row) => row.class === accountClass);
    return rows.length === 0 ? [] : [{ class: accountClass, ...net(accountClass, total(rows)) }];
  });
  const all = total(byClass);
  return { currency, ...all, difference: all.debits - all.credits, byClass, byChart };
}

function chartRows(state: LedgerState, currency: string): ChartRow[] {
  const groups = new Map<string, { class: AccountClass; chart: string } & Mutable<TrialBalanceSums>>();
  for (const { account, debitBalance } of state.accounts.values()) {
    if (account.currency !== currency) continue;
    const key = `${accountClasses.indexOf(account.class)} ${account.chart}`;
    const group = groups.get(key) ?? { class: account.class, chart: account.chart, ...total([]) };
    groups.set(key, group);
    group.accounts += 1;
    if (debitBalance > 0n) group.debits += debitBalance;
    else group.credits -= debitBalance;
  }
  const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return ordered.map(([, group]) => ({ ...group, ...net(group.class, group) }));
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function total(rows: readonly TrialBalanceSums[]): TrialBalanceSums {
  const sum = { accounts: 0, debits: 0n, credits: 0n };
  for (const row of rows) {
    sum.accounts += row.accounts;
    sum.debits += row.debits;
    sum.credits += row.credits;
  }
  return sum;
}

function net(
  accountClass: AccountClass,
  { accounts, debits, credits }: TrialBalanceSums,
): TrialBalanceSums & { balance: bigint } {
  return { accounts, debits, credits, balance: naturalBalance(accountClass, debits - credits) };
}
