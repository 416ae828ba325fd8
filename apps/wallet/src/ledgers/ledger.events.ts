import {
  accountClosed,
  accountFrozen,
  accountOpened,
  accountUnfrozen,
  assetDefined,
  cloudEvent,
  entryKindSchema,
  entryPosted,
  entryRejected,
  holdExtended,
  holdKindSchema,
  holdPlaced,
  holdReleased,
  periodClosed,
  refusedKindSchema,
  type CloudEvent,
} from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { decodeRecord, type EntryPosted, type LedgerEvent, type PeriodClosed } from '@florin/ledger';

/**
 * What a stored ledger event tells the world; nothing of the one that creates the book. The published id is the stored one,
 * so publishing again is seen as the same event.
 */
export function toPublished(ledger: string, stored: StoredEvent): CloudEvent | undefined {
  const event = decodeRecord(stored);
  const place = { ledger, revision: Number(stored.revision) };
  const envelope = { id: stored.id, source: `/ledgers/${ledger}`, time: iso(event.recordedAt) };
  switch (event.type) {
    case 'LedgerCreated':
      return undefined;
    case 'AccountOpened': {
      const { id: account, owner, class: accountClass, currency, chart } = event;
      const floor = event.floor === null ? null : Number(event.floor);
      const data = { ...place, account, owner, class: accountClass, currency, chart, floor };
      return cloudEvent(accountOpened, { ...envelope, data });
    }
    case 'EntryPosted':
      return cloudEvent(entryPosted, { ...envelope, data: { ...place, ...entryOf(event) } });
    case 'EntryRejected': {
      const { entryId, code, reference } = event;
      const data = { ...place, entryId, kind: refusedKindSchema.parse(event.kind), code, reference };
      return cloudEvent(entryRejected, { ...envelope, data });
    }
    case 'HoldPlaced': {
      const { holdId, account, currency, reference } = event;
      const terms = { amount: Number(event.amount), expiresAt: iso(event.expiresAt) };
      const labels = { holdId, account, currency, kind: holdKindSchema.parse(event.kind), reference };
      return cloudEvent(holdPlaced, { ...envelope, data: { ...place, ...labels, ...terms } });
    }
    case 'HoldExtended': {
      const data = { ...place, ...asked(event), holdId: event.holdId, expiresAt: iso(event.expiresAt) };
      return cloudEvent(holdExtended, { ...envelope, data });
    }
    case 'HoldReleased': {
      const data = { ...place, ...asked(event), holdId: event.holdId, reason: 'released' as const };
      return cloudEvent(holdReleased, { ...envelope, data });
    }
    case 'HoldExpired': {
      const data = { ...place, holdId: event.holdId, reason: 'expired' as const };
      return cloudEvent(holdReleased, { ...envelope, data });
    }
    case 'AccountFrozen': {
      const data = { ...place, ...asked(event), account: event.account, frozen: event.frozen };
      return cloudEvent(accountFrozen, { ...envelope, data });
    }
    case 'AccountUnfrozen':
    case 'AccountClosed': {
      const definition = event.type === 'AccountClosed' ? accountClosed : accountUnfrozen;
      return cloudEvent(definition, {
        ...envelope,
        data: { ...place, ...asked(event), account: event.account },
      });
    }
    case 'PeriodClosed':
      return cloudEvent(periodClosed, { ...envelope, data: { ...place, ...periodOf(event) } });
    case 'AssetDefined': {
      const { code, scale, issuer, reserve } = event;
      const asset = { code, scale, issuer, reserve, backing: Number(event.backing) };
      return cloudEvent(assetDefined, { ...envelope, data: { ...place, ...asked(event), ...asset } });
    }
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}

function entryOf(event: EntryPosted) {
  const { entryId, kind, currency, postings, reference, effectiveAt, reverses, capture } = event;
  return {
    ...{ entryId, kind: entryKindSchema.parse(kind), currency },
    postings: postings.map(({ account, amount }) => ({ account, amount: Number(amount) })),
    ...{ reference, effectiveAt: iso(effectiveAt) },
    ...(reverses === undefined ? {} : { reverses: reverses.entryId }),
    ...(capture === undefined ? {} : { captures: { holdId: capture.holdId, final: capture.final } }),
  };
}

function periodOf(event: PeriodClosed) {
  const { period, from, until, entries, totals } = event;
  return {
    ...{ ...asked(event), period, from: iso(from), until: iso(until), entries },
    totals: totals.map(({ currency, class: accountClass, debits, credits }) => {
      return { currency, class: accountClass, debits: Number(debits), credits: Number(credits) };
    }),
  };
}

function asked({ commandId, reference }: { commandId: string; reference: string }) {
  return { commandId, reference };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
