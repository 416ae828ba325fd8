import { cloudEvent, expireHolds, type CloudEvent } from '@florin/contracts';
import type { Sql } from '@florin/messaging';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { holdsAreDue } from '../balances/hold.projection.js';

interface Deps {
  readonly ledger: string;
  readonly sql: Sql;
  readonly publish: (events: CloudEvent[]) => Promise<void>;
  readonly onError: (error: unknown, attempt: number) => void;
}

const everyMs = 1_000;

/**
 * Has the holds of a book end when their time is over: asks once a second, where any are due. It asks by a command, since
 * whoever owns the book is not always the one that follows it.
 */
export function endHolds({ ledger, sql, publish, onError }: Deps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let failures = 0;
  const ask = async (): Promise<void> => {
    const now = new Date();
    if (!(await holdsAreDue(sql, ledger, now))) return;
    const envelope = { id: uuidv7(), source: '/wallet', time: now.toISOString() };
    await publish([cloudEvent(expireHolds, { ...envelope, data: { ledger } })]);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await ask();
        failures = 0;
      } catch (error) {
        failures += 1;
        onError(error, failures);
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
