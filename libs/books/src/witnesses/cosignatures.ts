import { eventAt, headOf, sha256, WrongExpectedRevision, type EventStore } from '@florin/event-store';
import { idOfHash } from '@florin/ledger';
import {
  formatNote,
  Malformed,
  NoteUnverified,
  openNote,
  parseNote,
  type NoteSignature,
  type VerifierKey,
} from '@florin/proofs';
import { z } from 'zod';
import { latestCheckpoint, type StoredCheckpoint } from '../notary/checkpoints.js';

type Store = Pick<EventStore, 'read'>;

/** The stream of what witnesses have signed of a book: notes of its checkpoints with their lines added. */
export function cosignatureStream(ledger: string): string {
  return `cosignatures-${ledger}`;
}

/** A checkpoint with the lines of witnesses, as it is stored; nobody has verified them yet. */
export interface CosignedCheckpoint {
  /** Place of the checkpoint among those of the book. */
  readonly number: number;
  readonly size: number;
  /** The signed note, with every cosignature that there was. */
  readonly note: string;
}

const integer = z.int().nonnegative();
const storedSchema = z.object({
  type: z.literal('CheckpointCosigned'),
  data: z.object({ number: integer, size: integer, note: z.string() }),
});

function toCosigned(stored: { readonly revision: bigint }): CosignedCheckpoint {
  const parsed = storedSchema.safeParse(stored);
  if (parsed.success) return parsed.data.data;
  throw new Malformed(`event ${stored.revision} of cosignatures is not a co-signed checkpoint`);
}

/** What was co-signed last of a book, if anything was. Throws `Malformed`. */
export async function latestCosigned(store: Store, ledger: string): Promise<CosignedCheckpoint | undefined> {
  const options = { direction: 'backwards', maxCount: 1 } as const;
  for await (const [last] of store.read(cosignatureStream(ledger), options)) {
    return last && toCosigned(last);
  }
  return undefined;
}

/** Pages of all that witnesses have signed of a book, oldest first; a checkpoint comes again with more lines. Throws `Malformed`. */
export async function* allCosigned(store: Store, ledger: string): AsyncGenerator<CosignedCheckpoint[]> {
  for await (const page of store.read(cosignatureStream(ledger))) yield page.map(toCosigned);
}

/** A checkpoint with the lines of the witnesses that have signed it; as it is where none has. Throws `Malformed`. */
export async function withCosignatures<C extends Pick<StoredCheckpoint, 'note' | 'number'>>(
  store: Store,
  ledger: string,
  checkpoint: C,
): Promise<C> {
  const stream = cosignatureStream(ledger);
  let [before, after] = [-1n, (await headOf(store, stream)) + 1n];
  let found: CosignedCheckpoint | undefined;
  // Mostly it is the last.
  for (let middle = after - 1n; after - before > 1n; middle = (before + after) / 2n) {
    const stored = await eventAt(store, stream, middle);
    if (stored === undefined) throw new Malformed(`event ${middle} of cosignatures is missing`);
    const cosigned = toCosigned(stored);
    if (cosigned.number <= checkpoint.number) {
      before = middle;
      found = cosigned;
    } else after = middle;
  }
  return found?.number === checkpoint.number
    ? { ...checkpoint, note: sameText(found, checkpoint) }
    : checkpoint;
}

function sameText(cosigned: CosignedCheckpoint, { note }: { readonly note: string }): string {
  if (parseNote(cosigned.note).text === parseNote(note).text) return cosigned.note;
  throw new Malformed(`what was co-signed as checkpoint ${cosigned.number} is another one`);
}

/**
 * A head of a book to prove an event in that has so many before it: the newest that a witness has signed, where it reaches so far,
 * else the newest there is. `undefined` where none covers the event. Throws `Malformed`.
 */
export async function headToProve(
  store: Store,
  ledger: string,
  revision: number,
): Promise<{ readonly note: string; readonly size: number } | undefined> {
  const cosigned = await latestCosigned(store, ledger);
  if (cosigned !== undefined && cosigned.size > revision) return cosigned;
  const latest = await latestCheckpoint(store, ledger);
  return latest !== undefined && latest.size > revision ? latest : undefined;
}

/**
 * Those of these witnesses that have signed a note, each once. Throws `Malformed`, and `NoteUnverified` where a line of one of them
 * is wrong.
 */
export function cosignersOf(note: string, witnesses: readonly VerifierKey[]): VerifierKey[] {
  const keys = witnesses.filter(({ algorithm }) => algorithm === 'cosignature/v1');
  try {
    return [...new Set(openNote(note, keys).signatures.map(({ key }) => key))];
  } catch (error) {
    if (error instanceof NoteUnverified && error.code === 'unsigned') return [];
    throw error;
  }
}

const MAX_ATTEMPTS = 5;

/**
 * Stores the line of a witness beside those that are stored of the same checkpoint. Does nothing where the witness has a line there
 * already, and where a newer checkpoint was co-signed meanwhile, which says more. Throws `WrongExpectedRevision` where others keep
 * being faster.
 */
export async function storeCosignature(
  store: Pick<EventStore, 'append' | 'read'>,
  ledger: string,
  checkpoint: StoredCheckpoint,
  line: NoteSignature,
): Promise<void> {
  const stream = cosignatureStream(ledger);
  for (let attempt = 1; ; attempt += 1) {
    const head = await headOf(store, stream);
    const last = await latestCosigned(store, ledger);
    if (last !== undefined && last.number > checkpoint.number) return;
    const { number, size } = checkpoint;
    const { text, signatures } = parseNote(
      last?.number === number ? sameText(last, checkpoint) : checkpoint.note,
    );
    if (signatures.some(({ id, name }) => id === line.id && name === line.name)) return;
    const note = formatNote({ text, signatures: [...signatures, line] });
    const id = idOfHash(sha256(`${stream} ${note}`));
    try {
      const event = { id, type: 'CheckpointCosigned', data: { number, size, note } };
      await store.append(stream, [event], head < 0n ? 'no_stream' : head);
      return;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
