import type { AccountClass, Metadata, Posting, Way } from './commands.js';

/** An event as docs/ledger.md says that it is stored: a type and its data, amounts as integers. */
export interface Fact {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly recordedAt: number };
}

export interface Account {
  readonly id: string;
  readonly owner: string | null;
  readonly class: AccountClass;
  readonly chart: string;
  readonly currency: string;
  readonly floor: bigint | null;
  readonly testMoney: boolean;
  /** Every posting that it ever had. */
  readonly postings: bigint[];
  frozen: Way | null;
  closed: boolean;
}

export interface Hold {
  readonly id: string;
  readonly account: string;
  readonly amount: bigint;
  expiresAt: number;
  /** What entries took out of it. */
  readonly taken: bigint[];
  open: boolean;
}

export interface Entry {
  readonly id: string;
  readonly revision: number;
  readonly currency: string;
  readonly postings: readonly Posting[];
  readonly effectiveAt: number;
  /** Id of the entry that this one undoes. */
  readonly undoes: string | undefined;
}

export interface Asset {
  readonly code: string;
  readonly reserve: string;
  readonly backing: bigint;
}

/** What facts say, beside postings: each some of it. */
interface Said {
  readonly commandId?: string;
  readonly entryId: string;
  readonly holdId: string;
  readonly account: string;
  readonly amount: number;
  readonly expiresAt: number;
  readonly frozen: Way;
  readonly period: string;
  readonly until: number;
  readonly code: string;
  readonly reserve: string;
  readonly backing: number;
}

interface EntryData {
  readonly entryId: string;
  readonly currency: string;
  readonly postings: readonly { readonly account: string; readonly amount: number }[];
  readonly effectiveAt: number;
  readonly metadata?: Metadata;
  readonly capture?: { readonly holdId: string; readonly final: boolean };
  readonly reverses?: { readonly entryId: string };
}

/**
 * A book as plain as it can be told: lists of all that ever happened. What an account holds, what is on hold and what moved in
 * a month is no number that is kept, but the sum of what is listed, made whenever it is asked for.
 */
export class Book {
  readonly facts: Fact[] = [];
  readonly accounts = new Map<string, Account>();
  readonly holds = new Map<string, Hold>();
  readonly entries: Entry[] = [];
  /** Ids that have an outcome, and its revision. Never forgotten. */
  readonly outcomes = new Map<string, number>();
  readonly assets = new Map<string, Asset>();
  /** Months that are closed, the last one last. */
  readonly months: { readonly period: string; readonly until: number }[] = [];

  constructor(
    readonly ledger: string,
    readonly currency: string,
  ) {}

  /** Another book with the same facts, or with the first `length` of them. */
  copy(length = this.facts.length): Book {
    const book = new Book(this.ledger, this.currency);
    for (const fact of this.facts.slice(0, length)) book.record(fact);
    return book;
  }

  /** Where time stands, in ms since the epoch. */
  get clock(): number {
    return this.facts.at(-1)?.data.recordedAt ?? 0;
  }

  /** Sum of an account's postings: a debit balance is positive. */
  debitBalance(account: Account): bigint {
    let sum = 0n;
    for (const amount of account.postings) sum += amount;
    return sum;
  }

  /** What an account holds, on its own side: an asset or an expense what was debited, the others what was credited. */
  balance(account: Account): bigint {
    return natural(account, this.debitBalance(account));
  }

  /** What is on hold of an account. */
  held(account: Account): bigint {
    let sum = 0n;
    for (const hold of this.holds.values()) if (hold.open && hold.account === account.id) sum += left(hold);
    return sum;
  }

  /** How much can leave an account; `undefined` where there is no floor. */
  available(account: Account): bigint | undefined {
    return account.floor === null ? undefined : this.balance(account) - this.held(account) - account.floor;
  }

  /** Units of an asset that are with holders. */
  supply(asset: Asset): bigint {
    const account = this.accounts.get(supplyOf(asset.code));
    return account === undefined ? 0n : this.balance(account);
  }

  /** Time that is still open begins here. */
  get openFrom(): number {
    return this.months.at(-1)?.until ?? 0;
  }

  isUndone(entryId: string): boolean {
    return this.entries.some((entry) => entry.undoes === entryId);
  }

  /** Takes the next fact in, whatever it says. */
  record(fact: Fact): void {
    const revision = this.facts.length;
    this.facts.push(fact);
    const data = fact.data as unknown as Said;
    if (data.commandId !== undefined) this.outcomes.set(data.commandId, revision);
    switch (fact.type) {
      case 'AccountOpened':
        return this.#recordAccount(fact.data as unknown as Omit<Account, 'floor'> & { floor: number | null });
      case 'EntryPosted':
        return this.#recordEntry(fact.data as unknown as EntryData, revision);
      case 'EntryRejected':
        this.outcomes.set(data.entryId, revision);
        return;
      case 'HoldPlaced': {
        const { holdId: id, account, amount, expiresAt } = data;
        this.outcomes.set(id, revision);
        this.holds.set(id, { id, account, amount: BigInt(amount), expiresAt, taken: [], open: true });
        return;
      }
      case 'HoldExtended':
        this.#hold(data.holdId).expiresAt = data.expiresAt;
        return;
      case 'HoldReleased':
      case 'HoldExpired':
        this.#hold(data.holdId).open = false;
        return;
      case 'AccountFrozen':
        this.#account(data.account).frozen = data.frozen;
        return;
      case 'AccountUnfrozen':
        this.#account(data.account).frozen = null;
        return;
      case 'AccountClosed':
        this.#account(data.account).closed = true;
        return;
      case 'PeriodClosed':
        this.months.push({ period: data.period, until: data.until });
        return;
      case 'AssetDefined': {
        const { code, reserve, backing } = data;
        this.assets.set(code, { code, reserve, backing: BigInt(backing) });
        return;
      }
    }
  }

  #recordAccount(opened: Omit<Account, 'floor'> & { readonly floor: number | null }): void {
    const { id, owner, class: accountClass, chart, currency, testMoney } = opened;
    const floor = opened.floor === null ? null : BigInt(opened.floor);
    const account = { id, owner, class: accountClass, chart, currency, floor, testMoney };
    this.accounts.set(id, { ...account, postings: [], frozen: null, closed: false });
  }

  #recordEntry(data: EntryData, revision: number): void {
    const { entryId: id, currency, effectiveAt, capture, reverses } = data;
    const postings = data.postings.map(({ account, amount }) => ({ account, amount: BigInt(amount) }));
    this.outcomes.set(id, revision);
    this.entries.push({ id, revision, currency, postings, effectiveAt, undoes: reverses?.entryId });
    for (const { account, amount } of postings) this.#account(account).postings.push(amount);
    if (capture === undefined) return;
    const hold = this.#hold(capture.holdId);
    hold.taken.push(takenFrom(this.#account(hold.account), postings));
    if (capture.final || left(hold) === 0n) hold.open = false;
  }

  #account(id: string): Account {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`the model has no account ${id}`);
    return account;
  }

  #hold(id: string): Hold {
    const hold = this.holds.get(id);
    if (hold === undefined) throw new Error(`the model has no hold ${id}`);
    return hold;
  }
}

/** A debit amount on an account's own side. */
export function natural(account: Account, debit: bigint): bigint {
  return account.class === 'asset' || account.class === 'expense' ? debit : -debit;
}

/** What is left of a hold. */
export function left(hold: Hold): bigint {
  return hold.taken.reduce((rest, amount) => rest - amount, hold.amount);
}

/** How much an entry takes out of an account, on its own side. */
export function takenFrom(account: Account, postings: readonly Posting[]): bigint {
  const posting = postings.find((one) => one.account === account.id);
  return posting === undefined ? 0n : -natural(account, posting.amount);
}

export function supplyOf(code: string): string {
  return `supply:${code.toLowerCase()}`;
}
