import type { AccountRow } from '@florin/ledger';
import type { StoredAccounts } from './accounts-codec.js';

/**
 * Of the accounts of several records, the last record first, the row of each as the first record has it that has it at all: the
 * others are not even read. Records have their accounts in order, so they are merged: looking up half a million ids in a
 * map would be most of what a question about the past takes. Throws an Error where they are not in order.
 */
export class NewestRows {
  readonly rows: AccountRow[] = [];
  /** Of the records that are through, in order. */
  #ids: string[] = [];
  /** Of those and of the record under way, in order, as far as it goes. */
  #merged: string[] = [];
  /** How many of `#ids` are in `#merged`. */
  #passed = 0;
  #last = '';

  /** The next accounts of the record under way. */
  take(accounts: StoredAccounts): void {
    accounts.ids.forEach((id, i) => {
      if (id <= this.#last) throw new Error(`the account ${id} comes after ${this.#last}`);
      this.#last = id;
      this.#passBefore(id);
      if (this.#ids[this.#passed] === id) this.#passed += 1;
      else this.rows.push(accounts.row(i));
      this.#merged.push(id);
    });
  }

  /** The record under way has no more. */
  endRecord(): void {
    while (this.#passed < this.#ids.length) this.#passOne();
    this.#ids = this.#merged;
    this.#merged = [];
    this.#passed = 0;
    this.#last = '';
  }

  #passBefore(id: string): void {
    for (let next = this.#ids[this.#passed]; next !== undefined && next < id;) {
      this.#passOne();
      next = this.#ids[this.#passed];
    }
  }

  #passOne(): void {
    this.#merged.push(this.#ids[this.#passed] as string);
    this.#passed += 1;
  }
}
