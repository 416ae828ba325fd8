import type { Account } from './accounts.js';
import type { EntryDraft } from './entry.js';

/** Opens an account at zero, in the book's currency. */
export interface OpenAccount extends Omit<Account, 'id' | 'currency'> {
  readonly type: 'OpenAccount';
  /** Id of the account, such as `wallet:<person>`. */
  readonly account: string;
}

/** Posts one entry, whole or not at all. */
export interface PostEntry extends EntryDraft {
  readonly type: 'PostEntry';
}

export type LedgerCommand = OpenAccount | PostEntry;
