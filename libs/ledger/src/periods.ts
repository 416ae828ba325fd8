import type { AccountClass } from './accounts.js';

/**
 * Movements are summed by the slot of time that they take effect in, so that a period can end at any midnight: every time
 * zone lies a whole number of quarter hours from UTC.
 */
export const SLOT_MS = 15 * 60_000;

/** What moved in one class of accounts and one currency, in minor units. */
export interface ClassMovement {
  readonly currency: string;
  readonly class: AccountClass;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** What took effect within a span of time. */
export interface Movements {
  readonly entries: number;
  /** One for each class and currency that moved, by currency, then in the order of the classes' names. */
  readonly totals: readonly ClassMovement[];
}

interface Sum {
  readonly currency: string;
  readonly class: AccountClass;
  debits: bigint;
  credits: bigint;
}

/** By currency, and by class: two short texts are looked up sooner than one that is made of them. */
type Sums = Map<string, Partial<Record<AccountClass, Sum>>>;

interface Slot {
  entries: number;
  readonly sums: Sums;
}

/** A slot in storage: its number, its entries, and currency, class, debits and credits of what moved. */
export type SlotJson = readonly [
  index: number,
  entries: number,
  sums: readonly (readonly [currency: string, accountClass: string, debits: string, credits: string])[],
];

/** The movements of the periods that are open, by slot. About 35,000 slots for a year that was never closed. */
export class OpenMovements {
  readonly #slots = new Map<number, Slot>();
  /** Where the last movement was counted: the next is nearly always there, too. */
  #last: { readonly index: number; readonly slot: Slot } | undefined;

  /** Counts an entry that takes effect at `effectiveAt`. */
  addEntry(effectiveAt: number): void {
    this.#slotOf(effectiveAt).entries += 1;
  }

  /** Counts a posting: a debit is positive, a credit negative. */
  addPosting(effectiveAt: number, currency: string, accountClass: AccountClass, amount: bigint): void {
    const sum = sumOf(this.#slotOf(effectiveAt).sums, currency, accountClass);
    if (amount > 0n) sum.debits += amount;
    else sum.credits -= amount;
  }

  /** The slots in the order of time, for storage. */
  toJSON(): SlotJson[] {
    const ordered = [...this.#slots].sort(([a], [b]) => a - b);
    return ordered.map(([index, { entries, sums }]) => [
      index,
      entries,
      allOf(sums)
        .map((sum): SlotJson[2][number] => [
          sum.currency,
          sum.class,
          sum.debits.toString(),
          sum.credits.toString(),
        ])
        .sort(([a, x], [b, y]) => (`${a} ${x}` < `${b} ${y}` ? -1 : 1)),
    ]);
  }

  /** The movements that `toJSON` gave. */
  static fromJSON(slots: readonly SlotJson[]): OpenMovements {
    const movements = new OpenMovements();
    for (const [index, entries, sums] of slots) {
      const slot: Slot = { entries, sums: new Map() };
      for (const [currency, accountClass, debits, credits] of sums) {
        const sum = sumOf(slot.sums, currency, accountClass as AccountClass);
        sum.debits = BigInt(debits);
        sum.credits = BigInt(credits);
      }
      movements.#slots.set(index, slot);
    }
    return movements;
  }

  /** What took effect before `until`, which is a multiple of `SLOT_MS`. */
  before(until: number): Movements {
    const sums: Sums = new Map();
    let entries = 0;
    for (const [index, slot] of this.#slots) {
      if (index * SLOT_MS >= until) continue;
      entries += slot.entries;
      for (const moved of allOf(slot.sums)) {
        const sum = sumOf(sums, moved.currency, moved.class);
        sum.debits += moved.debits;
        sum.credits += moved.credits;
      }
    }
    const totals = allOf(sums).sort((a, b) =>
      `${a.currency} ${a.class}` < `${b.currency} ${b.class}` ? -1 : 1,
    );
    return { entries, totals };
  }

  /** Forgets what took effect before `until`: its period is closed. */
  dropBefore(until: number): void {
    this.#last = undefined;
    for (const index of this.#slots.keys()) if (index * SLOT_MS < until) this.#slots.delete(index);
  }

  #slotOf(effectiveAt: number): Slot {
    const index = Math.floor(effectiveAt / SLOT_MS);
    if (this.#last?.index === index) return this.#last.slot;
    const slot: Slot = this.#slots.get(index) ?? { entries: 0, sums: new Map() };
    this.#slots.set(index, slot);
    this.#last = { index, slot };
    return slot;
  }
}

function sumOf(sums: Sums, currency: string, accountClass: AccountClass): Sum {
  let classes = sums.get(currency);
  if (classes === undefined) sums.set(currency, (classes = {}));
  return (classes[accountClass] ??= { currency, class: accountClass, debits: 0n, credits: 0n });
}

function allOf(sums: Sums): Sum[] {
  return [...sums.values()].flatMap((classes) => Object.values(classes));
}

const HOUR_MS = 3_600_000;
const PERIOD = /^(\d{4})-(0[1-9]|1[0-2])$/;
/** Time begins with 1970, and what ends with the year 9999 has no next month of four digits. */
const FIRST_PERIOD = '1970-01';
const LAST_PERIOD = '9998-12';

/** The calendar month after `period`, both as YYYY-MM. */
export function nextPeriod(period: string): string {
  return new Date(monthEnd(period)).toISOString().slice(0, 7);
}

/** Whether `until` can be the midnight that ends the month `period` somewhere on Earth, from UTC-12 to UTC+14. */
export function endsPeriod(period: string, until: number): boolean {
  if (!PERIOD.test(period) || period < FIRST_PERIOD || period > LAST_PERIOD) return false;
  if (until % SLOT_MS !== 0) return false;
  const ahead = until - monthEnd(period);
  return ahead >= -14 * HOUR_MS && ahead <= 12 * HOUR_MS;
}

/** The end of a month in UTC, in ms since the epoch. */
function monthEnd(period: string): number {
  const [, year, month] = PERIOD.exec(period) ?? [];
  return Date.UTC(Number(year), Number(month), 1);
}
