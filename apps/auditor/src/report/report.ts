import {
  naturalBalance,
  trialBalance,
  type AccountClass,
  type LedgerEvent,
  type LedgerState,
  type TrialBalance,
} from '@florin/ledger';

/** A stretch of a book's clock: from, and until before, in ms since the epoch. */
export interface ReportPeriod {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** One class of accounts in one currency over the period; minor units, balances on the natural side of the class. */
export interface ClassStatement {
  readonly currency: string;
  readonly class: AccountClass;
  readonly opening: bigint;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly closing: bigint;
}

/** Entries of one kind. */
export interface KindTotal {
  readonly kind: string;
  readonly currency: string;
  readonly entries: number;
  /** Sum of the debits. */
  readonly moved: bigint;
}

/** Something that a person asked for, or that is out of the ordinary: who looks at the books looks at these. */
export interface ReportException {
  readonly revision: bigint;
  readonly recordedAt: number;
  readonly what: string;
  readonly reference: string;
}

export interface BookReport {
  readonly ledger: string;
  readonly period: ReportPeriod;
  /** Revision of the last event of the period, or before it; -1 where there was none. */
  readonly lastRevision: bigint;
  readonly trialBalance: TrialBalance;
  readonly classes: readonly ClassStatement[];
  readonly kinds: readonly KindTotal[];
  readonly refusals: readonly { readonly code: string; readonly count: number }[];
  readonly accountsOpened: number;
  readonly exceptions: readonly ReportException[];
  /** How many exceptions there were beyond those that are listed. */
  readonly furtherExceptions: number;
}

const MAX_EXCEPTIONS = 1_000;

type Sum = { debits: bigint; credits: bigint };

/** Watches a book while it is read and verified up to the end of a period, and tells of that. What was recorded in it counts. */
export class ReportCollector {
  #opening: ReadonlyMap<string, bigint> | undefined;
  readonly #moved = new Map<string, Sum>();
  readonly #kinds = new Map<string, { entries: number; moved: bigint }>();
  readonly #refusals = new Map<string, number>();
  readonly #exceptions: ReportException[] = [];
  #further = 0;
  #accountsOpened = 0;

  constructor(
    private readonly ledger: string,
    private readonly period: ReportPeriod,
  ) {}

  /** Takes an event in; `state` is the book after it. */
  take(event: LedgerEvent, state: LedgerState): void {
    if (event.recordedAt < this.period.from) return;
    this.#opening ??= balancesBefore(event, state);
    this.#count(event, state);
  }

  /** What was seen; after the last event of the period, which left the book as it is in `state`. */
  report(state: LedgerState): BookReport {
    const { ledger, period } = this;
    return {
      ...{ ledger, period, lastRevision: state.revision, trialBalance: trialBalance(state) },
      classes: this.#classes(classBalances(state)),
      kinds: [...this.#kinds].sort(byKey).map(([key, total]) => ({ ...kindOf(key), ...total })),
      refusals: [...this.#refusals].sort(byKey).map(([code, count]) => ({ code, count })),
      accountsOpened: this.#accountsOpened,
      ...{ exceptions: this.#exceptions, furtherExceptions: this.#further },
    };
  }

  #count(event: LedgerEvent, state: LedgerState): void {
    const exception = exceptionOf(event, this.period);
    if (exception !== undefined) this.#note(event, state, exception);
    if (event.type === 'AccountOpened') this.#accountsOpened += 1;
    if (event.type === 'EntryRejected') {
      this.#refusals.set(event.code, (this.#refusals.get(event.code) ?? 0) + 1);
    }
    if (event.type !== 'EntryPosted') return;
    const key = `${event.kind} ${event.currency}`;
    const kind = this.#kinds.get(key) ?? { entries: 0, moved: 0n };
    this.#kinds.set(key, kind);
    kind.entries += 1;
    for (const { account, amount } of event.postings) {
      const sum = sumOf(this.#moved, classKey(event.currency, classOf(state, account)));
      if (amount > 0n) {
        sum.debits += amount;
        kind.moved += amount;
      } else sum.credits -= amount;
    }
  }

  #note({ recordedAt }: LedgerEvent, { revision }: LedgerState, exception: Noted): void {
    if (this.#exceptions.length === MAX_EXCEPTIONS) this.#further += 1;
    else this.#exceptions.push({ revision, recordedAt, ...exception });
  }

  #classes(closing: ReadonlyMap<string, bigint>): ClassStatement[] {
    const opening = this.#opening ?? closing;
    return [...closing.keys()].sort().map((key) => {
      const [currency = '', accountClass] = key.split(' ') as [string, AccountClass];
      const { debits, credits } = this.#moved.get(key) ?? { debits: 0n, credits: 0n };
      const natural = (debit: bigint): bigint => naturalBalance(accountClass, debit);
      return {
        ...{ currency, class: accountClass, debits, credits },
        opening: natural(opening.get(key) ?? 0n),
        closing: natural(closing.get(key) ?? 0n),
      };
    });
  }
}

type Noted = Pick<ReportException, 'what' | 'reference'>;

function exceptionOf(event: LedgerEvent, { from }: ReportPeriod): Noted | undefined {
  if (event.type === 'EntryPosted') {
    const { effectiveAt, entryId, reference, reverses } = event;
    if (reverses !== undefined) return { what: `entry ${entryId} reverses ${reverses.entryId}`, reference };
    if (effectiveAt >= from) return undefined;
    const day = new Date(effectiveAt).toISOString().slice(0, 10);
    return { what: `entry ${entryId} takes effect on ${day}, before the period`, reference };
  }
  if (!('commandId' in event)) return undefined;
  const subject = 'account' in event ? event.account : 'holdId' in event ? event.holdId : '';
  const detail = event.type === 'AccountFrozen' ? ` (${event.frozen})` : '';
  const named =
    event.type === 'PeriodClosed' ? event.period : event.type === 'AssetDefined' ? event.code : subject;
  return { what: `${event.type} ${named}${detail}`, reference: event.reference };
}

/** Debit balances by currency and class. */
function classBalances(state: LedgerState): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { account, debitBalance } of state.accounts.values()) {
    const key = classKey(account.currency, account.class);
    balances.set(key, (balances.get(key) ?? 0n) + debitBalance);
  }
  return balances;
}

/** Those before an event that the book has taken in already. */
function balancesBefore(event: LedgerEvent, state: LedgerState): Map<string, bigint> {
  const balances = classBalances(state);
  if (event.type !== 'EntryPosted') return balances;
  for (const { account, amount } of event.postings) {
    const key = classKey(event.currency, classOf(state, account));
    balances.set(key, (balances.get(key) ?? 0n) - amount);
  }
  return balances;
}

function classOf(state: LedgerState, account: string): AccountClass {
  return state.accounts.get(account)?.account.class as AccountClass;
}

function classKey(currency: string, accountClass: AccountClass): string {
  return `${currency} ${accountClass}`;
}

function kindOf(key: string): { kind: string; currency: string } {
  const [kind = '', currency = ''] = key.split(' ');
  return { kind, currency };
}

function sumOf(sums: Map<string, Sum>, key: string): Sum {
  const sum = sums.get(key) ?? { debits: 0n, credits: 0n };
  sums.set(key, sum);
  return sum;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
