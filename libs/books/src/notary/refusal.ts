import { ledgerStream } from '@florin/contracts';
import { headOf, type EventStore } from '@florin/event-store';
import type { Finding } from '@florin/ledger';

/** Why a notary signs nothing any more: what is stored does not fit what was signed. Somebody has to look. */
export class NotaryRefusal extends Error {
  override readonly name = 'NotaryRefusal';

  constructor(
    /** Told by readiness. */
    readonly code:
      'LEDGER_DAMAGED' | 'LOG_SHORT' | 'CHECKPOINT_FOREIGN' | 'CHECKPOINT_INCONSISTENT' | 'TILE_DIFFERS',
    message: string,
    cause?: Error,
  ) {
    super(message, { cause });
  }
}

/** Throws where a log has fewer events than were signed. */
export async function checkLogReaches(
  store: Pick<EventStore, 'read'>,
  ledger: string,
  size: number,
): Promise<void> {
  const head = await headOf(store, ledgerStream(ledger));
  if (head + 1n >= BigInt(size)) return;
  const message = `the log of ${ledger} has ${head + 1n} events, but ${size} were signed: some are missing at its end`;
  throw new NotaryRefusal('LOG_SHORT', message);
}

export function inconsistent(ledger: string, size: number, why: string): NotaryRefusal {
  const message = `the log of ${ledger} does not begin with the ${size} events that were signed: ${why}`;
  return new NotaryRefusal('CHECKPOINT_INCONSISTENT', message);
}

export function damaged(ledger: string, { detail, revision }: Finding): NotaryRefusal {
  return new NotaryRefusal('LEDGER_DAMAGED', `revision ${revision} of ${ledger} is wrong: ${detail}`);
}
