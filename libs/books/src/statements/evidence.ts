import { eventAt, headOf, sha256, type EventStore } from '@florin/event-store';
import { parseNote } from '@florin/proofs';
import type { StatementCheckpoint } from '@florin/statements';
import { z } from 'zod';

interface Place {
  readonly store: Pick<EventStore, 'read'>;
  readonly ledger: string;
  /** Where people reach the public API; without it no way to the proof is given. */
  readonly publicUrl?: string | undefined;
}

/** What a statement's closing balance rests on. */
export interface StatementGround {
  /** Revision of the last entry that moved the account before the period ended; -1 for none. */
  readonly lastRevision: bigint;
  /** Id of the statement's last line, if it has any. */
  readonly lastEntryId: string | undefined;
}

export interface StatementEvidence {
  readonly checkpoint?: StatementCheckpoint;
  readonly proofUrl?: string;
}

/**
 * The first checkpoint that covers what a statement rests on, and where its proof is found; neither while there is none. Whoever
 * asks gets the same, whenever they do. Signatures are left to those who verify. Throws `Malformed` and zod's errors for a stream of checkpoints
 * that is none.
 */
export async function statementEvidence(place: Place, ground: StatementGround): Promise<StatementEvidence> {
  const { ledger, publicUrl } = place;
  const note = await coveringNote(place, ground.lastRevision);
  if (note === undefined) return {};
  const checkpoint = { note, fingerprint: sha256(parseNote(note).text) };
  if (publicUrl === undefined) return { checkpoint };
  const what =
    ground.lastEntryId === undefined ? 'checkpoints/latest' : `entries/${ground.lastEntryId}/proof`;
  return { checkpoint, proofUrl: `${publicUrl.replace(/\/+$/, '')}/v1/ledgers/${ledger}/${what}` };
}

const storedSchema = z.object({
  type: z.literal('CheckpointSigned'),
  data: z.object({ note: z.string(), size: z.int().nonnegative() }),
});

/** The note of the first checkpoint whose size is beyond a revision: sizes grow from one to the next. */
async function coveringNote({ store, ledger }: Place, revision: bigint): Promise<string | undefined> {
  const stream = `checkpoints-${ledger}`;
  const last = await headOf(store, stream);
  let [before, after] = [-1n, last + 1n];
  let note: string | undefined;
  while (after - before > 1n) {
    const middle = (before + after) / 2n;
    const { data } = storedSchema.parse(await eventAt(store, stream, middle));
    if (BigInt(data.size) > revision) {
      after = middle;
      note = data.note;
    } else before = middle;
  }
  return note;
}
