import { ledgerStream } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import { LogBehind } from '../ledgers/log-check.js';
import type { WalletBalance } from './balance.queries.js';

interface Deps {
  readonly store: Pick<EventStore, 'read'>;
  /** Revision that the read models hold. */
  readonly projected: (ledger: string) => Promise<bigint>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The read models did not reach the head of the log in time. */
export class BalanceBehind extends Error {
  /** A command that has to be looked up waits, as in an outage. */
  readonly transient = true;
}

const waitMs = 2_000;
const pollMs = 5;

/** Waits until the read models hold everything that was in the book when the question came. Throws `BalanceBehind`, and `LogBehind` where they hold more. */
export function readAtHead(deps: Deps) {
  return async (ledger: string): Promise<void> => {
    const seen = await deps.projected(ledger);
    const head = await headOf(deps.store, ledgerStream(ledger));
    if (seen > head) throw new LogBehind(ledger, head, seen);
    if (seen === head) return;
    const deadline = deps.nowMs() + waitMs;
    while ((await deps.projected(ledger)) < head) {
      if (deps.nowMs() >= deadline)
        throw new BalanceBehind(`balances of ${ledger} are behind revision ${head}`);
      await deps.sleep(pollMs);
    }
  };
}

interface WalletDeps {
  /** The books that this service keeps. */
  readonly books: readonly string[];
  readonly atHead: (ledger: string) => Promise<void>;
  readonly walletsOf: (personId: string, ledger?: string) => Promise<WalletBalance[]>;
}

/**
 * A person's wallets, or the one in `ledger`, each at the head of its own book: a book that is behind holds up nobody
 * who has no account in it. Only where no wallet is known yet is every book waited for, as one may just have been opened.
 */
export function walletsAtHead({ books, atHead, walletsOf }: WalletDeps) {
  return async (personId: string, ledger?: string): Promise<WalletBalance[]> => {
    const asked =
      ledger === undefined ? (await walletsOf(personId)).map((wallet) => wallet.ledger) : [ledger];
    await Promise.all(books.filter((book) => asked.length === 0 || asked.includes(book)).map(atHead));
    return walletsOf(personId, ledger);
  };
}
