import { accountFault, sameAccount } from './accounts.js';
import type { LedgerCommand, OpenAccount, PostEntry } from './commands.js';
import {
  buildEntry,
  isRejection,
  labelsFault,
  type Entry,
  type Rejection,
  type RejectionCode,
} from './entry.js';
import { entryIdFault, type EntryIdFault } from './entry-id.js';
import type { LedgerEvent } from './events.js';
import { entryFault } from './rules.js';
import type { LedgerState } from './state.js';

/** Why a command gets no outcome in the book: it belongs in the dead letter. */
export type UnacceptableCode = EntryIdFault | 'account_conflict' | 'command_invalid';

/** What becomes of a command. `events` are to be appended and evolved in their order. */
export type Decision =
  | { readonly outcome: 'accepted'; readonly events: LedgerEvent[] }
  /** Refused for a reason that could change: recorded, so that a redelivery can never be accepted. */
  | { readonly outcome: 'refused'; readonly code: RejectionCode; readonly events: LedgerEvent[] }
  /** The outcome is in the book already, or the same account is open. */
  | { readonly outcome: 'repeated'; readonly events: [] }
  | { readonly outcome: 'unacceptable'; readonly code: UnacceptableCode; readonly events: [] };

/**
 * Decides a command on a book, which it leaves as it is. `nowMs` is the time in ms since the epoch; the book's clock
 * never goes back, so an earlier time counts as that of the last event. The first decision of a book that records
 * anything begins with `LedgerCreated`.
 */
export function decide(state: LedgerState, command: LedgerCommand, nowMs: number): Decision {
  const recordedAt = Math.max(nowMs, state.recordedAt);
  switch (command.type) {
    case 'OpenAccount':
      return openAccount(state, command, recordedAt);
    case 'PostEntry':
      return postEntry(state, command, recordedAt);
    default:
      throw new Error(`unknown command: ${(command satisfies never as LedgerCommand).type}`);
  }
}

function openAccount(state: LedgerState, command: OpenAccount, recordedAt: number): Decision {
  const { account: id, owner, class: accountClass, chart, floor, testMoney } = command;
  const account = { id, owner, class: accountClass, chart, currency: state.currency, floor, testMoney };
  const open = state.accounts.get(id);
  if (open !== undefined)
    return sameAccount(open.account, account) ? repeated : unacceptable('account_conflict');
  if (accountFault(account) !== undefined) return unacceptable('command_invalid');
  const event: LedgerEvent = { type: 'AccountOpened', ...account, recordedAt };
  return { outcome: 'accepted', events: recorded(state, event) };
}

function postEntry(state: LedgerState, command: PostEntry, recordedAt: number): Decision {
  const { entryId, kind, reference } = command;
  if (state.entryIds.has(entryId)) return repeated;
  const idFault = entryIdFault(entryId, recordedAt);
  if (idFault !== undefined) return unacceptable(idFault);
  if (labelsFault(command) !== undefined) return unacceptable('command_invalid');
  const entry = admitted(state, command);
  if (!isRejection(entry)) {
    return { outcome: 'accepted', events: recorded(state, { type: 'EntryPosted', ...entry, recordedAt }) };
  }
  const { code } = entry;
  const event: LedgerEvent = { type: 'EntryRejected', entryId, kind, code, reference, recordedAt };
  return { outcome: 'refused', code, events: recorded(state, event) };
}

function admitted(state: LedgerState, command: PostEntry): Entry | Rejection {
  const entry = buildEntry(command);
  return isRejection(entry) ? entry : (entryFault(state, entry) ?? entry);
}

function recorded(state: LedgerState, event: LedgerEvent): LedgerEvent[] {
  if (state.revision >= 0n) return [event];
  const { ledger, currency } = state;
  return [{ type: 'LedgerCreated', ledger, currency, recordedAt: event.recordedAt }, event];
}

const repeated: Decision = { outcome: 'repeated', events: [] };

function unacceptable(code: UnacceptableCode): Decision {
  return { outcome: 'unacceptable', code, events: [] };
}
