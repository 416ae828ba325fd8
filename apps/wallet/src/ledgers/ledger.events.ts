import {
  accountOpened,
  cloudEvent,
  entryKindSchema,
  entryPosted,
  entryRejected,
  type CloudEvent,
} from '@florin/contracts';
import type { StoredEvent } from '@florin/event-store';
import { decodeEvent } from '@florin/ledger';

/**
 * What a stored ledger event tells the world; nothing for those that only concern the book. The published id is the stored
 * one, so publishing again is seen as the same event.
 */
export function toPublished(ledger: string, stored: StoredEvent): CloudEvent | undefined {
  const event = decodeEvent(stored.type, stored.data);
  const revision = Number(stored.revision);
  const envelope = {
    id: stored.id,
    source: `/ledgers/${ledger}`,
    time: new Date(event.recordedAt).toISOString(),
  };
  switch (event.type) {
    case 'LedgerCreated':
      return undefined;
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
        },
      });
    case 'EntryRejected':
      return cloudEvent(entryRejected, {
        ...envelope,
        data: {
          ledger,
          revision,
          entryId: event.entryId,
          kind: entryKindSchema.parse(event.kind),
          code: event.code,
          reference: event.reference,
        },
      });
  }
}
