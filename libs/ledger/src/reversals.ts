import { LedgerCorrupt } from './corrupt.js';
import { mirrored, type EntryPlace, type Posting } from './entry.js';
import type { LedgerEvent } from './events.js';
import type { Finding, ReadRecord } from './stored.js';
import { decodeRecord } from './upcast.js';

interface Noted {
  readonly revision: bigint;
  readonly reverses: EntryPlace;
  readonly currency: string;
  readonly postings: readonly Posting[];
}

export interface ReversalCheck {
  /** Remembers a reversal. */
  note(event: LedgerEvent, revision: bigint): void;
  /** The first of the noted reversals that does not mirror the entry that it names. */
  finding(read: ReadRecord): Promise<Finding | undefined>;
}

/** Holds every reversal of a history against its entry. As large as there are reversals, which are rare. */
export function createReversalCheck(): ReversalCheck {
  let noted: Noted[] = [];
  return {
    note(event, revision) {
      if (event.type !== 'EntryPosted' || event.reverses === undefined) return;
      const { reverses, currency, postings } = event;
      noted.push({ revision, reverses, currency, postings });
    },
    async finding(read) {
      const due = noted;
      noted = [];
      for (const reversal of due) {
        const detail = await faultOf(reversal, read);
        if (detail !== undefined) return { revision: reversal.revision, code: 'reversal_differs', detail };
      }
      return undefined;
    },
  };
}

async function faultOf({ reverses, ...reversal }: Noted, read: ReadRecord): Promise<string | undefined> {
  const original = await entryAt(reverses.revision, read);
  if (original?.type !== 'EntryPosted' || original.entryId !== reverses.entryId) {
    return `revision ${reverses.revision} is not entry ${reverses.entryId}, which it reverses`;
  }
  if (original.reverses !== undefined) return `entry ${reverses.entryId} is itself a reversal`;
  const expected = mirrored(original.postings);
  const same =
    original.currency === reversal.currency &&
    expected.length === reversal.postings.length &&
    expected.every(({ account, amount }, i) => {
      const posting = reversal.postings[i];
      return posting?.account === account && posting.amount === amount;
    });
  return same ? undefined : `its postings do not mirror those of entry ${reverses.entryId}`;
}

/** The event of a record whose chain was checked when it was read first. */
async function entryAt(revision: bigint, read: ReadRecord): Promise<LedgerEvent | undefined> {
  const record = await read(revision);
  if (record === undefined) return undefined;
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof LedgerCorrupt) return undefined;
    throw error;
  }
}
