import { accountFault, sameAccount } from './accounts.js';
import { supplyAccount, unitsFault } from './assets.js';
import type { CommandWithOutcome, DefineAsset, ExpireHolds, LedgerCommand, OpenAccount } from './commands.js';
import {
  buildEntry,
  isRejection,
  labelsFault,
  mirrored,
  type EntryDraft,
  type EntryPlace,
  type Rejection,
  type RejectionCode,
} from './entry.js';
import { entryIdFault, type EntryIdFault } from './entry-id.js';
import type { AccountOpened, EntryPosted, LedgerEvent } from './events.js';
import { dueHolds } from './holds.js';
import { eventFault } from './rules.js';
import type { LedgerState } from './state.js';

/** Why a command gets no outcome in the book: it belongs in the dead letter. */
export type UnacceptableCode = EntryIdFault | 'account_conflict' | 'asset_unknown' | 'command_invalid';

/** What becomes of a command. `events` are to be appended and evolved in their order. */
export type Decision =
  | { readonly outcome: 'accepted'; readonly events: LedgerEvent[] }
  /** Refused for a reason that could change: recorded, so that a redelivery can never be accepted. */
  | { readonly outcome: 'refused'; readonly code: RejectionCode; readonly events: LedgerEvent[] }
  /** The outcome is in the book already, or there is nothing to do. */
  | { readonly outcome: 'repeated'; readonly events: [] }
  | { readonly outcome: 'unacceptable'; readonly code: UnacceptableCode; readonly events: [] };

/**
 * Decides a command on a book, which it leaves as it is. `nowMs` is the time in ms since the epoch; the book's clock
 * never goes back, so an earlier time counts as that of the last event. The first decision of a book that records
 * anything begins with `LedgerCreated`. `original` is the event that a `ReverseEntry` names, as the log has it, for no
 * book keeps its entries in memory.
 */
export function decide(
  state: LedgerState,
  command: LedgerCommand,
  nowMs: number,
  original?: LedgerEvent,
): Decision {
  const recordedAt = Math.max(nowMs, state.recordedAt);
  if (command.type === 'OpenAccount') return openAccount(state, command, recordedAt);
  if (command.type === 'ExpireHolds') return expireHolds(state, command, recordedAt);
  return decideOnce(state, command, recordedAt, original);
}

function openAccount(state: LedgerState, command: OpenAccount, recordedAt: number): Decision {
  const { account: id, owner, class: accountClass, chart, floor, testMoney } = command;
  const { currency = state.currency } = command;
  const account = { id, owner, class: accountClass, chart, currency, floor, testMoney };
  const open = state.accounts.get(id);
  if (open !== undefined)
    return sameAccount(open.account, account) ? repeated : unacceptable('account_conflict');
  if (accountFault(account) !== undefined) return unacceptable('command_invalid');
  if (currency !== state.currency) {
    if (!state.assets.has(currency)) return unacceptable('asset_unknown');
    if (unitsFault(account) !== undefined) return unacceptable('command_invalid');
  }
  const event: LedgerEvent = { type: 'AccountOpened', ...account, recordedAt };
  return { outcome: 'accepted', events: recorded(state, event) };
}

function expireHolds(state: LedgerState, { limit }: ExpireHolds, recordedAt: number): Decision {
  const due = dueHolds(state, recordedAt, limit);
  if (due.length === 0) return repeated;
  return { outcome: 'accepted', events: due.map((holdId) => ({ type: 'HoldExpired', holdId, recordedAt })) };
}

function decideOnce(
  state: LedgerState,
  command: CommandWithOutcome,
  recordedAt: number,
  original: LedgerEvent | undefined,
): Decision {
  const kind = kindOf(command);
  const entryId = idOf(command);
  if (state.entryIds.has(entryId)) return repeated;
  const idFault = entryIdFault(entryId, recordedAt);
  if (idFault !== undefined) return unacceptable(idFault);
  const { reference } = command;
  if (labelsFault({ kind, reference }) !== undefined) return unacceptable('command_invalid');
  const event = proposed(state, command, recordedAt, original);
  const fault = isRejection(event) ? event : eventFault(state, event);
  if (fault !== undefined) {
    const { code } = fault;
    const refusal: LedgerEvent = { type: 'EntryRejected', entryId, kind, code, reference, recordedAt };
    return { outcome: 'refused', code, events: recorded(state, refusal) };
  }
  const events = recorded(state, event as LedgerEvent);
  if (command.type === 'DefineAsset') events.push(supplyOf(command, recordedAt));
  return { outcome: 'accepted', events };
}

/** The id that the one outcome of a command is recorded under. */
export function idOf(command: CommandWithOutcome): string {
  if ('entryId' in command) return command.entryId;
  return command.type === 'PlaceHold' ? command.holdId : command.commandId;
}

/** What a refusal says that was asked for. */
export function kindOf(command: CommandWithOutcome): string {
  switch (command.type) {
    case 'PostEntry':
    case 'PlaceHold':
      return command.kind;
    case 'ReverseEntry':
      return 'reversal';
    case 'ExtendHold':
      return 'hold-extension';
    case 'ReleaseHold':
      return 'hold-release';
    case 'FreezeAccount':
      return 'freeze';
    case 'UnfreezeAccount':
      return 'unfreeze';
    case 'CloseAccount':
      return 'account-close';
    case 'ClosePeriod':
      return 'period-close';
    case 'DefineAsset':
      return 'asset';
    default:
      throw new Error(`unknown command: ${(command satisfies never as LedgerCommand).type}`);
  }
}

/** The event that a command asks for, if the rules of the book allow it. */
function proposed(
  state: LedgerState,
  command: CommandWithOutcome,
  recordedAt: number,
  original: LedgerEvent | undefined,
): LedgerEvent | Rejection {
  switch (command.type) {
    case 'PostEntry':
      return entryEvent(command, recordedAt, command.effectiveAt);
    case 'ReverseEntry': {
      const { reverses, effectiveAt, entryId, reference, metadata } = command;
      if (original?.type !== 'EntryPosted' || original.entryId !== reverses.entryId) {
        const detail = `revision ${reverses.revision} is not entry ${reverses.entryId}`;
        return { code: 'entry_unknown', detail };
      }
      if (original.reverses !== undefined) {
        return { code: 'entry_reversed', detail: `entry ${reverses.entryId} is itself a reversal` };
      }
      const { currency } = original;
      const labels = { entryId, kind: 'reversal', currency, reference };
      const draft = { ...labels, postings: mirrored(original.postings), ...(metadata && { metadata }) };
      return entryEvent(draft, recordedAt, effectiveAt, reverses);
    }
    case 'PlaceHold':
      return { ...command, type: 'HoldPlaced', recordedAt };
    case 'ExtendHold':
      return { ...command, type: 'HoldExtended', recordedAt };
    case 'ReleaseHold':
      return { ...command, type: 'HoldReleased', recordedAt };
    case 'FreezeAccount':
      return { ...command, type: 'AccountFrozen', recordedAt };
    case 'UnfreezeAccount':
      return { ...command, type: 'AccountUnfrozen', recordedAt };
    case 'CloseAccount':
      return { ...command, type: 'AccountClosed', recordedAt };
    case 'ClosePeriod': {
      const movements = state.movements.before(command.until);
      return { ...command, type: 'PeriodClosed', from: state.openFrom, ...movements, recordedAt };
    }
    case 'DefineAsset':
      return { ...command, type: 'AssetDefined', recordedAt };
  }
}

function entryEvent(
  draft: EntryDraft,
  recordedAt: number,
  effectiveAt = recordedAt,
  reverses?: EntryPlace,
): EntryPosted | Rejection {
  const entry = buildEntry(draft);
  if (isRejection(entry)) return entry;
  return { type: 'EntryPosted', ...entry, effectiveAt, recordedAt, ...(reverses && { reverses }) };
}

/** Units come out of this account as test money does out of its own; it can take back no more than it gave. */
function supplyOf({ code, issuer }: DefineAsset, recordedAt: number): AccountOpened {
  return {
    type: 'AccountOpened',
    ...{ id: supplyAccount(code), owner: issuer, class: 'asset', chart: '1800', currency: code },
    ...{ floor: 0n, testMoney: false, recordedAt },
  };
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
