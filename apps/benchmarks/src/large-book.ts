import { ledgerStream } from '@florin/contracts';
import { sha256, type EventStore } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type LedgerCommand,
  type LedgerEvent,
  type LedgerState,
  type StoredForm,
} from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';

export interface LargeBook {
  readonly ledger: string;
  readonly accounts: number;
  readonly entries: number;
  /** Told of every event, with the book after it. */
  readonly onEvent?: (event: LedgerEvent, state: LedgerState) => void;
}

/** Accounts are opened and entries are posted through the rules; appends of this many events, and so many under way. */
const batchEvents = 500;
const maxUnderWay = 4;

/** Writes a book as the wallet would have: wallets that may overdraw, and transfers between changing pairs, a second's 1,000 apart. */
export async function writeLargeBook(
  store: Pick<EventStore, 'append'>,
  { ledger, accounts, entries, onEvent }: LargeBook,
): Promise<LedgerState> {
  const sealer = createSealer(ledger, sha256, GENESIS);
  const startMs = Date.now() - entries - accounts;
  let state = emptyLedger(ledger, 'EUR');
  let batch: StoredForm[] = [];
  const underWay: Promise<unknown>[] = [];
  const flush = async (): Promise<void> => {
    const first = state.revision + 1n - BigInt(batch.length);
    underWay.push(store.append(ledgerStream(ledger), batch, first === 0n ? 'no_stream' : first - 1n));
    batch = [];
    if (underWay.length >= maxUnderWay) await underWay.shift();
  };
  for (let index = 0; index < accounts + entries; index += 1) {
    const command =
      index < accounts ? openingOf(index) : transferOf(index - accounts, accounts, startMs + index);
    for (const event of decide(state, command, startMs + index).events) {
      batch.push(sealer.seal(event));
      state = evolve(state, event);
      onEvent?.(event, state);
    }
    if (batch.length >= batchEvents) await flush();
  }
  if (batch.length > 0) await flush();
  await Promise.all(underWay);
  return state;
}

/** Id of the `index`-th account of a large book. */
export function accountOf(index: number): string {
  return `wallet:01a1fdfa-4600-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** Opens the `index`-th account, which may overdraw. */
export function openingOf(index: number): LedgerCommand {
  const account = accountOf(index);
  const owner = account.slice('wallet:'.length);
  return {
    ...{ type: 'OpenAccount', account, owner, class: 'liability', chart: '2010', floor: null },
    testMoney: false,
  };
}

/** The `index`-th transfer, between changing pairs of so many accounts. */
export function transferOf(index: number, accounts: number, timeMs: number): LedgerCommand {
  const entryId = uuidv7({ msecs: timeMs });
  const from = (index * 31) % accounts;
  return {
    ...{ type: 'PostEntry', entryId, kind: 'p2p', currency: 'EUR', reference: entryId },
    postings: [
      { account: accountOf(from), amount: 5n },
      { account: accountOf((from + 1 + (index % (accounts - 1))) % accounts), amount: -5n },
    ],
  };
}
