import type { EventStore } from '@florin/event-store';
import {
  formatAddCheckpoint,
  Malformed,
  NoteUnverified,
  openNote,
  type NoteSignature,
  type VerifierKey,
} from '@florin/proofs';
import type { StoredCheckpoint } from '../notary/checkpoints.js';
import { proveConsistency } from '../notary/prove.js';

/** A witness that is asked over HTTP (C2SP tlog-witness). */
export interface Witness {
  /** Its address: `add-checkpoint` is below it. */
  readonly url: string;
  /** The keys of which one has to sign; of the algorithm cosignature/v1. */
  readonly keys: readonly VerifierKey[];
}

/**
 * Why there is no cosignature: the witness does not answer (or not in time), it refuses, it has signed what is not the beginning of
 * this book, or its answer is no signature of it.
 */
export type NotCosignedCode = 'unreachable' | 'refused' | 'inconsistent' | 'invalid';

/** There is no cosignature; the message says why. */
export class NotCosigned extends Error {
  override readonly name = 'NotCosigned';

  constructor(
    readonly code: NotCosignedCode,
    message: string,
    /** How many events the witness has signed, where that is more than it was asked about. */
    readonly stands: number | undefined = undefined,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

interface Question {
  readonly store: Pick<EventStore, 'read'>;
  readonly ledger: string;
  readonly checkpoint: Pick<StoredCheckpoint, 'note' | 'size'>;
  /** How many events of the book the witness is believed to have signed. */
  readonly from: number;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

const ANSWER_MS = 10_000;
/** A cosignature is a line. */
const MAX_ANSWER_BYTES = 10_000;
/** Times that a witness is asked from where it says that it stands. */
const MAX_AGAIN = 3;

/** Has a witness sign a checkpoint; answers its line, verified. Throws `NotCosigned`. */
export async function askWitness(witness: Witness, asked: Question): Promise<NoteSignature> {
  const signals = [AbortSignal.timeout(ANSWER_MS), ...(asked.signal === undefined ? [] : [asked.signal])];
  const question = { ...asked, signal: AbortSignal.any(signals) };
  const { checkpoint, ledger } = question;
  const { note, size } = checkpoint;
  let from = question.from;
  let answer = await ask(witness, question, from);
  // Again while others have it sign meanwhile.
  for (let again = 0; answer.status === 409 && again < MAX_AGAIN; again += 1) {
    const stands = standsIn(answer.text, ledger, size);
    if (stands === from) break;
    from = stands;
    answer = await ask(witness, question, from);
  }
  if (answer.status !== 200) {
    const inconsistent = answer.status === 409 || answer.status === 422;
    const reason = answer.text.trim().slice(0, 200);
    throw new NotCosigned(
      inconsistent ? 'inconsistent' : 'refused',
      `the witness answers ${answer.status}: ${reason}`,
    );
  }
  return lineOf(note, answer.text, witness.keys);
}

/** How many events a witness says that it has signed. Throws `NotCosigned` where that is more than it was asked about. */
function standsIn(answer: string, ledger: string, size: number): number {
  if (!/^\d{1,15}\n?$/.test(answer)) {
    throw new NotCosigned('invalid', 'the witness does not say how far it has signed');
  }
  const stands = Number(answer);
  if (stands <= size) return stands;
  const message = `the witness has signed ${stands} events, but ${ledger} has ${size}`;
  throw new NotCosigned('inconsistent', message, stands);
}

async function ask(
  { url }: Witness,
  { checkpoint, ledger, signal, store }: Question & { readonly signal: AbortSignal },
  from: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const { note, size } = checkpoint;
  const proof = await proveConsistency(store, ledger, from, size);
  const body = formatAddCheckpoint({ oldSize: BigInt(from), proof, note });
  try {
    const response = await fetch(new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`), {
      ...{ method: 'POST', body, redirect: 'error', signal },
    });
    return { status: response.status, text: await textOf(response) };
  } catch (error) {
    if (error instanceof NotCosigned) throw error;
    throw new NotCosigned('unreachable', `no answer from the witness at ${url}`, undefined, error);
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new NotCosigned('invalid', 'the answer of the witness is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The line that a witness has added; others that it answers are left out. */
function lineOf(note: string, answer: string, keys: readonly VerifierKey[]): NoteSignature {
  try {
    const { signatures } = openNote(note + answer, keys);
    const own = signatures.find(({ timeS }) => timeS !== undefined);
    if (own !== undefined) return { name: own.name, id: own.id, bytes: own.bytes };
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof NoteUnverified)) throw error;
    throw new NotCosigned(
      'invalid',
      `the witness's answer cannot be used: ${error.message}`,
      undefined,
      error,
    );
  }
  throw new NotCosigned('invalid', 'the answer is not signed by a witness whose key was given');
}
