import { parseCheckpoint, parseSize, type Checkpoint } from './checkpoint.js';
import { hashFromBase64, sameHash, type Hash } from './hash.js';
import type { VerifierKey } from './keys.js';
import { Malformed } from './malformed.js';
import { emptyRoot } from './merkle.js';
import { verifyConsistency } from './merkle-proofs.js';
import { MAX_NOTE_BYTES, NoteUnverified, openNote, parseNote } from './note.js';
import { textOf } from './text.js';

/** What a log asks a witness to sign (C2SP tlog-witness, add-checkpoint). */
export interface AddCheckpoint {
  /** Size of the last checkpoint that the witness has signed, as the log believes. */
  readonly oldSize: bigint;
  /** Proof of consistency from there to the checkpoint. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly note: string;
  /** Of which log it says to be; nobody has verified it yet. */
  readonly origin: string;
}

/** The last checkpoint of a log that a witness has signed. It must be on disk before the cosignature is handed out. */
export interface WitnessState {
  readonly size: bigint;
  readonly root: Hash;
}

/** A log that a witness watches, and the keys that may sign its checkpoints. */
export interface WitnessedLog {
  readonly origin: string;
  readonly keys: readonly VerifierKey[];
}

/** What to do about a request; `status` is the HTTP status that C2SP tlog-witness gives it. */
export type WitnessDecision =
  /** Save `state`, then answer with a cosignature of `text`. */
  | { readonly kind: 'cosign'; readonly text: string; readonly state: WitnessState }
  /** Answer with `size`, which is where the witness stands. */
  | { readonly kind: 'conflict'; readonly status: 409; readonly size: bigint; readonly reason: string }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 422; readonly reason: string };

const MAX_PROOF_LINES = 63;
/** Proof lines have 45 bytes; the note has a limit of its own. */
export const MAX_REQUEST_BYTES = MAX_NOTE_BYTES + 4_096;

/** Reads the body of a request. Throws `Malformed`, which is answered with 400. */
export function parseAddCheckpoint(body: string | Uint8Array): AddCheckpoint {
  const text = textOf(body, { what: 'request', maxBytes: MAX_REQUEST_BYTES });
  const end = text.indexOf('\n\n');
  if (end < 0) throw new Malformed('request: no empty line before the checkpoint');
  const [old = '', ...lines] = text.slice(0, end).split('\n');
  if (!old.startsWith('old ')) throw new Malformed('request: no line with the old size');
  if (lines.length > MAX_PROOF_LINES) throw new Malformed(`request: more than ${MAX_PROOF_LINES} hashes`);
  const proof = lines.map((line) => {
    const hash = hashFromBase64(line);
    if (hash === undefined) throw new Malformed('request: a line of the proof is not a hash in base64');
    return hash;
  });
  const note = text.slice(end + 2);
  const { origin } = parseCheckpoint(parseNote(note).text);
  return { oldSize: parseSize(old.slice('old '.length)), proof, note, origin };
}

/** Writes the body of a request. Throws a RangeError for more than 63 hashes. */
export function formatAddCheckpoint({ oldSize, proof, note }: Omit<AddCheckpoint, 'origin'>): string {
  if (proof.length > MAX_PROOF_LINES) throw new RangeError(`more than ${MAX_PROOF_LINES} hashes`);
  const lines = proof.map((hash) => `${hash.toString('base64')}\n`);
  return `old ${oldSize}\n${lines.join('')}\n${note}`;
}

/**
 * Whether a witness that stands at `state` (`undefined`: it has signed nothing of this log yet) signs a checkpoint: only
 * one that a key of the log has signed, and that has all the leaves of `state` at its beginning. `log` is the one of
 * the request's origin, `undefined` when the witness watches none. The caller sees to it that no other request is
 * decided between reading the state and saving the new one, or a slower request would take the witness back.
 */
export function decideWitness(
  state: WitnessState | undefined,
  request: AddCheckpoint,
  log: WitnessedLog | undefined,
): WitnessDecision {
  const { oldSize, proof, note, origin } = request;
  if (log?.origin !== origin) return refused(404, `no log "${origin}" is watched here`);
  const signed = signedBy(log, note);
  if ('kind' in signed) return signed;
  const { size, root } = signed.checkpoint;
  if (oldSize > size)
    return refused(400, `the old size, ${oldSize}, is above that of the checkpoint, ${size}`);
  const last = state ?? { size: 0n, root: emptyRoot };
  if (oldSize !== last.size) return conflict(last, `the last checkpoint signed here has ${last.size} leaves`);
  if (size === last.size && !sameHash(root, last.root)) {
    return conflict(last, 'another root of the same size has been signed here');
  }
  if (!verifyConsistency(Number(last.size), Number(size), last.root, root, proof)) {
    return refused(422, `not proved to begin with the ${last.size} leaves signed for here`);
  }
  return { kind: 'cosign', text: signed.text, state: { size, root } };
}

function signedBy(
  { origin, keys }: WitnessedLog,
  note: string,
): { text: string; checkpoint: Checkpoint } | WitnessDecision {
  try {
    const { text } = openNote(note, keys);
    const checkpoint = parseCheckpoint(text);
    return checkpoint.origin === origin ? { text, checkpoint } : refused(404, 'the note is of another log');
  } catch (error) {
    if (error instanceof NoteUnverified) return refused(403, error.message);
    if (error instanceof Malformed) return refused(400, error.message);
    throw error;
  }
}

function conflict({ size }: WitnessState, reason: string): WitnessDecision {
  return { kind: 'conflict', status: 409, size, reason };
}

function refused(status: 400 | 403 | 404 | 422, reason: string): WitnessDecision {
  return { kind: 'refused', status, reason };
}
