import { ledgerStream } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';

interface Deps {
  readonly store: Pick<EventStore, 'read'>;
  /** Revision that the read models hold. */
  readonly projected: (ledger: string) => Promise<bigint>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The read models did not reach the head of the log in time. */
export class BalanceBehind extends Error {}

const waitMs = 2_000;
const pollMs = 5;

/** Waits until the read models hold everything that was in the book when the question came. Throws `BalanceBehind`. */
export function readAtHead(deps: Deps) {
  return async (ledger: string): Promise<void> => {
    const head = await headOf(deps.store, ledger);
    const deadline = deps.nowMs() + waitMs;
    while ((await deps.projected(ledger)) < head) {
      if (deps.nowMs() >= deadline)
        throw new BalanceBehind(`balances of ${ledger} are behind revision ${head}`);
      await deps.sleep(pollMs);
    }
  };
}

async function headOf(store: Pick<EventStore, 'read'>, ledger: string): Promise<bigint> {
  for await (const page of store.read(ledgerStream(ledger), { direction: 'backwards', maxCount: 1 })) {
    for (const event of page) return event.revision;
  }
  return -1n;
}
