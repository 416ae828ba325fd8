import {
  askWitness,
  cosignersOf,
  latestCheckpoint,
  NotCosigned,
  openCheckpoint,
  withCosignatures,
} from '@florin/books';
import { WrongUse } from '@florin/configuration';
import type { EventStore } from '@florin/event-store';
import { formatNote, parseNote, type VerifierKey } from '@florin/proofs';
import { witnessKeyOf } from './arguments.js';

/**
 * Has a witness co-sign the newest checkpoint of a book; answers the note with its line added. `keys` hold those of the book and
 * that of the witness. Throws NotCosigned, with the reason.
 */
export async function cosignLatest(
  store: EventStore,
  ledger: string,
  url: string,
  keys: readonly VerifierKey[],
): Promise<string> {
  const checkpoint = await latestCheckpoint(store, ledger);
  if (checkpoint === undefined) throw new NotCosigned('refused', `nothing was signed of ${ledger} yet`);
  openCheckpoint(checkpoint.note, ledger, keys);
  const line = await askWitness({ url, keys }, { store, ledger, checkpoint, from: 0 });
  const { note } = await withCosignatures(store, ledger, checkpoint);
  const { text, signatures } = parseNote(note);
  const others = signatures.filter(({ id, name }) => id !== line.id || name !== line.name);
  return formatNote({ text, signatures: [...others, line] });
}

/** How many cosignatures are demanded, and whose count. */
export interface Demand {
  readonly keys: readonly VerifierKey[];
  readonly least: number;
}

/** Reads `--witness-key` and `--witnesses`; `undefined` where neither was said. Throws WrongUse. */
export function demandOf(values: {
  readonly 'witness-key'?: readonly string[] | undefined;
  readonly witnesses?: string | undefined;
}): Demand | undefined {
  const { 'witness-key': given, witnesses } = values;
  if (given === undefined) {
    if (witnesses === undefined) return undefined;
    throw new WrongUse('Whose? Say --witness-key <public key>, once per witness');
  }
  const known = new Map(given.map((text) => [text, witnessKeyOf(text)]));
  const least = /^\d{1,3}$/.test(witnesses ?? '1') ? Number(witnesses ?? '1') : 0;
  if (least < 1 || least > known.size) {
    throw new WrongUse(`--witnesses is a number from 1 to that of the witness keys, ${known.size}`);
  }
  return { keys: [...known.values()], least };
}

/** What is wrong with the cosignatures of a note, or `undefined` where there are as many as demanded. Throws as `cosignersOf`. */
export function demandFault(note: string, { keys, least }: Demand): string | undefined {
  const found = cosignersOf(note, keys);
  if (found.length >= least) return undefined;
  return `${found.length} of the witnesses have co-signed it, not ${least}`;
}
