import {
  accountOpened,
  cloudEvent,
  entryKindSchema,
  entryPosted,
  entryRejected,
  type CloudEvent,
} from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { decodeRecord, type LedgerEvent } from '@florin/ledger';

/**
 * What a stored ledger event tells the world; nothing for those that only concern the book. The published id is the stored
 * one, so publishing again is seen as the same event.
 */
export function toPublished(ledger: string, stored: StoredEvent): CloudEvent | undefined {
  const event = decodeRecord(stored);
  const revision = Number(stored.revision);
  const envelope = {
    id: stored.id,
    source: `/ledgers/${ledger}`,
    time: new Date(event.recordedAt).toISOString(),
  };
  switch (event.type) {
    case 'AccountOpened':
      return cloudEvent(accountOpened, {
        ...envelope,
        data: {
          ledger,
          revision,
          account: event.id,
          owner: event.owner,
          class: event.class,
          currency: event.currency,
        },
      });
    case 'EntryPosted':
      return cloudEvent(entryPosted, {
        ...envelope,
        data: {
          ledger,
          revision,
          entryId: event.entryId,
          kind: entryKindSchema.parse(event.kind),
          currency: event.currency,
          postings: event.postings.map(({ account, amount }) => ({ account, amount: Number(amount) })),
          reference: event.reference,
          effectiveAt: new Date(event.effectiveAt).toISOString(),
          ...(event.reverses === undefined ? {} : { reverses: event.reverses.entryId }),
        },
      });
    case 'EntryRejected': {
      const kind = entryKindSchema.safeParse(event.kind);
      // The refusal of a hold, or of another command that no event tells of.
      if (!kind.success) return undefined;
      return cloudEvent(entryRejected, {
        ...envelope,
        data: {
          ledger,
          revision,
          entryId: event.entryId,
          kind: kind.data,
          code: event.code,
          reference: event.reference,
        },
      });
    }
    case 'LedgerCreated':
    case 'HoldPlaced':
    case 'HoldExtended':
    case 'HoldReleased':
    case 'HoldExpired':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'AccountClosed':
    case 'PeriodClosed':
    case 'AssetDefined':
      return undefined;
    default:
      throw new Error(`unknown event: ${(event satisfies never as LedgerEvent).type}`);
  }
}
