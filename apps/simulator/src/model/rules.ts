import { supplyOf, type Book, natural } from './book.js';
import type {
  AccountClass,
  CloseAccount,
  ClosePeriod,
  DefineAsset,
  ExtendHold,
  FreezeAccount,
  PlaceHold,
  ReleaseHold,
  UnfreezeAccount,
} from './commands.js';
import { balanceRefusal, isAmount, isInstant, wayRefusal } from './entries.js';

const HOUR = 3_600_000;

/** Why money cannot be set aside. A hold lasts a year and a day at most. */
export function holdRefusal(book: Book, hold: PlaceHold, at: number): string | undefined {
  const { amount, currency, expiresAt } = hold;
  if (amount <= 0n || !isAmount(amount) || !mayLast(at, expiresAt)) return 'entry_invalid';
  const account = book.accounts.get(hold.account);
  if (account === undefined) return 'account_unknown';
  return (
    wayRefusal(account, currency, -natural(account, amount)) ?? balanceRefusal(book, account, 0n, -amount)
  );
}

function mayLast(from: number, until: number): boolean {
  return isInstant(until) && until > from && until <= from + 366 * 24 * HOUR;
}

/** Why a hold does not last longer: it has ended, its time is over, or it would not be longer. */
export function extensionRefusal(
  book: Book,
  { holdId, expiresAt }: ExtendHold,
  at: number,
): string | undefined {
  const hold = book.holds.get(holdId);
  if (hold?.open !== true) return 'hold_unknown';
  if (at >= hold.expiresAt) return 'hold_expired';
  return expiresAt > hold.expiresAt && mayLast(at, expiresAt) ? undefined : 'entry_invalid';
}

export function releaseRefusal(book: Book, { holdId }: ReleaseHold): string | undefined {
  return book.holds.get(holdId)?.open === true ? undefined : 'hold_unknown';
}

/** What is closed stays so; what holds money, or has some on hold, is not closed. */
export function accountRefusal(
  book: Book,
  command: FreezeAccount | UnfreezeAccount | CloseAccount,
): string | undefined {
  const account = book.accounts.get(command.account);
  if (account === undefined) return 'account_unknown';
  if (account.closed) return 'account_closed';
  if (command.type !== 'CloseAccount') return undefined;
  return book.balance(account) === 0n && book.held(account) === 0n ? undefined : 'account_not_empty';
}

/** Months are closed one after the other, when they are over somewhere on Earth. */
export function monthRefusal(book: Book, { period, until }: ClosePeriod, at: number): string | undefined {
  const last = book.months.at(-1)?.period;
  if (last !== undefined && period <= last) return 'period_closed';
  if (last !== undefined && period !== monthAfter(last)) return 'period_invalid';
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(period)) return 'period_invalid';
  const year = Number(period.slice(0, 4));
  if (year < 1970 || year > 9998) return 'period_invalid';
  const ahead = until - endOf(period);
  if (until % (15 * 60_000) !== 0 || ahead < -14 * HOUR || ahead > 12 * HOUR) return 'period_invalid';
  if (until > at) return 'period_invalid';
  const exact = totalsUntil(book, until).totals.every(
    ({ debits, credits }) => isAmount(debits) && isAmount(credits),
  );
  return exact ? undefined : 'period_invalid';
}

function endOf(period: string): number {
  return Date.UTC(Number(period.slice(0, 4)), Number(period.slice(5)), 1);
}

function monthAfter(period: string): string {
  const [year, month] = [Number(period.slice(0, 4)), Number(period.slice(5))];
  return month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
}

interface Total {
  readonly currency: string;
  readonly class: AccountClass;
  debits: bigint;
  credits: bigint;
}

/** What took effect in the time that is open, before `until`: every entry is looked at. */
export function totalsUntil(book: Book, until: number): { entries: number; totals: Total[] } {
  const entries = book.entries.filter((one) => one.effectiveAt >= book.openFrom && one.effectiveAt < until);
  const totals: Total[] = [];
  for (const { currency, postings } of entries) {
    for (const { account: id, amount } of postings) {
      const accountClass = book.accounts.get(id)?.class as AccountClass;
      let total = totals.find((one) => one.currency === currency && one.class === accountClass);
      if (total === undefined)
        totals.push((total = { currency, class: accountClass, debits: 0n, credits: 0n }));
      if (amount > 0n) total.debits += amount;
      else total.credits -= amount;
    }
  }
  totals.sort((a, b) => (`${a.currency} ${a.class}` < `${b.currency} ${b.class}` ? -1 : 1));
  return { entries: entries.length, totals };
}

/** Why an asset cannot be defined: another name, another reserve, or a reserve that is none. */
export function assetRefusal(book: Book, asset: DefineAsset): string | undefined {
  const { code, scale, issuer, reserve, backing } = asset;
  const account = book.accounts.get(reserve);
  const partOfAnother = [...book.assets.values()].some(
    (other) => other.reserve === reserve || supplyOf(other.code) === reserve,
  );
  const right =
    /^[A-Z][A-Z0-9]{3,11}$/.test(code) &&
    Number.isInteger(scale) &&
    scale >= 0 &&
    scale <= 9 &&
    /^[A-Za-z0-9-]{1,64}$/.test(issuer) &&
    backing >= 1n &&
    isAmount(backing) &&
    !book.assets.has(code) &&
    !book.accounts.has(supplyOf(code)) &&
    account?.currency === book.currency &&
    !partOfAnother;
  return right ? undefined : 'asset_invalid';
}
