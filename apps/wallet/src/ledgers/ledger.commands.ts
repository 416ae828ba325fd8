import { postEntry, type EventOf, type openAccount } from '@florin/contracts';
import type { LedgerCommand } from '@florin/ledger';
import { openWallet } from './ledger.js';

export type CommandEvent = EventOf<typeof openAccount> | EventOf<typeof postEntry>;

/** The ledger's own form of a command that came over Kafka. */
export function toLedgerCommand(event: CommandEvent): LedgerCommand {
  if (isPostEntry(event)) {
    const { entryId, kind, currency, postings, reference } = event.data;
    return {
      type: 'PostEntry',
      entryId,
      kind,
      currency,
      postings: postings.map(({ account, amount }) => ({ account, amount: BigInt(amount) })),
      reference,
    };
  }
  return openWallet(event.data.owner);
}

function isPostEntry(event: CommandEvent): event is EventOf<typeof postEntry> {
  return event.type === postEntry.type;
}
