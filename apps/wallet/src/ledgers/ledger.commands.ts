import {
  closeAccount,
  closePeriod,
  defineAsset,
  expireHolds,
  extendHold,
  freezeAccount,
  marketOfLedger,
  monthSpan,
  openAccount,
  openAccountOnTerms,
  placeHold,
  postEntry,
  releaseHold,
  reverseEntry,
  unfreezeAccount,
  type AccountToOpenDto,
  type EventOf,
} from '@florin/contracts';
import type { ClosePeriod, LedgerCommand, OpenAccount, PostEntry, ReverseEntry } from '@florin/ledger';
import { openWallet } from './ledger.js';

/** What can be asked of a book over Kafka. */
export const commandDefinitions = [
  openAccount,
  openAccountOnTerms,
  postEntry,
  reverseEntry,
  placeHold,
  extendHold,
  releaseHold,
  expireHolds,
  freezeAccount,
  unfreezeAccount,
  closeAccount,
  closePeriod,
  defineAsset,
] as const;

export type CommandEvent = EventOf<(typeof commandDefinitions)[number]>;
export type ReversalEvent = EventOf<typeof reverseEntry>;

/** Holds that one command ends at most: the rest is due a second later still. */
const maxExpiries = 500;

/** The ledger's own form of a command that came over Kafka. */
export function toLedgerCommand(event: Exclude<CommandEvent, ReversalEvent>): LedgerCommand {
  switch (event.type) {
    case openAccount.type:
      return openWallet(event.data.owner);
    case openAccountOnTerms.type:
      return toOpenAccount(event.data);
    case postEntry.type:
      return toPostEntry(event.data);
    case placeHold.type: {
      const { holdId, account, currency, amount, expiresAt, kind, reference } = event.data;
      const labels = { holdId, account, currency, kind, reference };
      return { type: 'PlaceHold', ...labels, amount: BigInt(amount), expiresAt: Date.parse(expiresAt) };
    }
    case extendHold.type: {
      const { holdId, expiresAt } = event.data;
      return { type: 'ExtendHold', ...asked(event.data), holdId, expiresAt: Date.parse(expiresAt) };
    }
    case releaseHold.type:
      return { type: 'ReleaseHold', ...asked(event.data), holdId: event.data.holdId };
    case expireHolds.type:
      return { type: 'ExpireHolds', limit: maxExpiries };
    case freezeAccount.type: {
      const { account, frozen } = event.data;
      return { type: 'FreezeAccount', ...asked(event.data), account, frozen };
    }
    case unfreezeAccount.type:
      return { type: 'UnfreezeAccount', ...asked(event.data), account: event.data.account };
    case closeAccount.type:
      return { type: 'CloseAccount', ...asked(event.data), account: event.data.account };
    case closePeriod.type:
      return toClosePeriod(event.data);
    case defineAsset.type: {
      const { code, scale, issuer, reserve, backing } = event.data;
      const asset = { code, scale, issuer, reserve, backing: BigInt(backing) };
      return { type: 'DefineAsset', ...asked(event.data), ...asset };
    }
    default:
      throw new Error(`unknown command: ${(event satisfies never as CommandEvent).type}`);
  }
}

/** The ledger's own form of a reversal, whose entry is at `revision` of its book; -1 where there is none. */
export function toReversal({ data }: ReversalEvent, revision: bigint): ReverseEntry {
  const { entryId, reverses, reference } = data;
  return {
    type: 'ReverseEntry',
    ...{ entryId, reference, reverses: { entryId: reverses, revision } },
    ...optionalsOf(data),
  };
}

/** Opens an account on the terms that were asked for; none of them makes its money test money. */
export function toOpenAccount(terms: AccountToOpenDto): OpenAccount {
  const { account, owner, class: accountClass, chart, currency, floor } = terms;
  return {
    ...{ type: 'OpenAccount', account, owner, class: accountClass, chart, testMoney: false },
    floor: floor === null ? null : BigInt(floor),
    ...(currency === undefined ? {} : { currency }),
  };
}

function toPostEntry(data: EventOf<typeof postEntry>['data']): PostEntry {
  const { entryId, kind, currency, postings, reference, capture } = data;
  return {
    type: 'PostEntry',
    ...{ entryId, kind, currency, reference },
    postings: postings.map(({ account, amount }) => ({ account, amount: BigInt(amount) })),
    ...(capture === undefined ? {} : { capture: { holdId: capture.holdId, final: capture.final } }),
    ...optionalsOf(data),
  };
}

function toClosePeriod(data: EventOf<typeof closePeriod>['data']): ClosePeriod {
  const market = marketOfLedger(data.ledger);
  if (market === undefined) throw new Error(`${data.ledger} is the book of no market`);
  const { period } = data;
  return { type: 'ClosePeriod', ...asked(data), period, until: monthSpan(period, market.timeZone).to };
}

function asked({ commandId, reference }: { commandId: string; reference: string }) {
  return { commandId, reference };
}

type Optionals = Pick<EventOf<typeof postEntry>['data'], 'effectiveAt' | 'metadata'>;

function optionalsOf({ effectiveAt, metadata }: Optionals): Pick<PostEntry, 'effectiveAt' | 'metadata'> {
  return {
    ...(effectiveAt === undefined ? {} : { effectiveAt: Date.parse(effectiveAt) }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
