import { latestCheckpoint, openCheckpoint, proveConsistency } from '@florin/books';
import type { EventStore } from '@florin/event-store';
import { formatAddCheckpoint, Malformed, NoteUnverified, openNote, type VerifierKey } from '@florin/proofs';

const answerMs = 10_000;
/** A cosignature is a line. */
const maxAnswer = 10_000;

/** No cosignature: of the witness's answer, or of what was asked about. */
export class NotCosigned extends Error {}

/**
 * Has a witness co-sign the newest checkpoint of a book; answers the note with its line added. `keys` hold those of the book and
 * that of the witness. Throws NotCosigned, with the reason.
 */
export async function cosignLatest(
  store: EventStore,
  ledger: string,
  witness: string,
  keys: readonly VerifierKey[],
): Promise<string> {
  const latest = await latestCheckpoint(store, ledger);
  if (latest === undefined) throw new NotCosigned(`nothing was signed of ${ledger} yet`);
  const { note } = latest;
  const { size } = openCheckpoint(note, ledger, keys);
  const ask = async (oldSize: number): Promise<{ status: number; text: string }> => {
    const proof = await proveConsistency(store, ledger, oldSize, size);
    return post(witness, formatAddCheckpoint({ oldSize: BigInt(oldSize), proof, note }));
  };
  let answer = await ask(0);
  if (answer.status === 409) {
    const stands = Number(answer.text);
    if (!Number.isSafeInteger(stands) || stands > size) {
      throw new NotCosigned(`the witness has signed ${answer.text.trim()} events, but ${ledger} has ${size}`);
    }
    answer = await ask(stands);
  }
  if (answer.status !== 200)
    throw new NotCosigned(`the witness answers ${answer.status}: ${answer.text.trim()}`);
  return cosigned(note + answer.text, keys);
}

function cosigned(note: string, keys: readonly VerifierKey[]): string {
  try {
    const { signatures } = openNote(note, keys);
    if (signatures.some(({ timeS }) => timeS !== undefined)) return note;
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof NoteUnverified)) throw error;
    throw new NotCosigned(`the witness's answer cannot be used: ${error.message}`, { cause: error });
  }
  throw new NotCosigned('the answer is not signed by a witness whose key was given');
}

async function post(url: string, body: string): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`), {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(answerMs),
    });
    return { status: response.status, text: (await response.text()).slice(0, maxAnswer) };
  } catch (error) {
    throw new NotCosigned(`no answer from the witness at ${url}`, { cause: error });
  }
}
