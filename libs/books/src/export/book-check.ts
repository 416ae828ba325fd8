import {
  checkEvent,
  emptyLedger,
  entryIdFault,
  evolve,
  LedgerCorrupt,
  outcomeId,
  RecentEntryIds,
  type LedgerEvent,
  type LedgerState,
} from '@florin/ledger';
import { ClassTotals } from '../class-totals.js';
import type { ExportHeader } from './format.js';

/** The rules of a book, as far as they can be checked from where an export begins. */
export interface BookCheck {
  /** Takes in the next event. Throws LedgerCorrupt where it cannot stand there. */
  accept(event: LedgerEvent): void;
  /** `undefined` in a part, which knows no balances. */
  readonly totals: ClassTotals | undefined;
  /** Number of accounts that were opened. */
  readonly accounts: number;
}

/** A book from its first event on: every rule that there is. */
export class WholeBook implements BookCheck {
  readonly totals = new ClassTotals();
  #state: LedgerState;

  constructor({ ledger, currency }: ExportHeader) {
    this.#state = emptyLedger(ledger, currency);
  }

  accept(event: LedgerEvent): void {
    checkEvent(this.#state, event);
    this.#state = evolve(this.#state, event);
    if (event.type === 'AccountOpened') this.totals.open(event, this.#state.currency);
    if (event.type === 'EntryPosted') this.totals.add(event, this.#state);
  }

  get accounts(): number {
    return this.#state.accounts.size;
  }
}

/** A book from some event on: that time does not go back, and that no id comes twice within the part. */
export class PartOfBook implements BookCheck {
  readonly totals = undefined;
  accounts = 0;
  readonly #ids = new RecentEntryIds();
  #recordedAt = 0;

  accept(event: LedgerEvent): void {
    const { recordedAt, type } = event;
    if (type === 'LedgerCreated')
      throw new LedgerCorrupt('book_created_twice', 'the book was created before');
    if (recordedAt < this.#recordedAt) {
      const detail = `recorded at ${recordedAt}, after an event at ${this.#recordedAt}`;
      throw new LedgerCorrupt('clock_backwards', detail);
    }
    this.#recordedAt = recordedAt;
    if (type === 'AccountOpened') this.accounts += 1;
    this.#ids.forgetBefore(recordedAt);
    const id = outcomeId(event);
    if (id === undefined) return;
    if (entryIdFault(id, recordedAt) !== undefined) {
      throw new LedgerCorrupt('entry_id_invalid', `the id ${id} could not be recorded at ${recordedAt}`);
    }
    if (this.#ids.has(id)) throw new LedgerCorrupt('entry_id_repeated', `${id} has an outcome already`);
    this.#ids.add(id);
  }
}
