import {
  checkpointWithin,
  latestCheckpoint,
  withCosignatures,
  type Point,
  type StoredCheckpoint,
} from '@florin/books';
import { WrongUse } from '@florin/configuration';
import { marketOfLedger } from '@florin/contracts';
import type { EventStore } from '@florin/event-store';
import type { VerifierKey } from '@florin/proofs';
import { revisionOfPoint } from './command.js';

/** The books that keys are named after. Throws WrongUse where there is none. */
export function booksOfKeys(keys: readonly VerifierKey[]): string[] {
  const books = keys.map(({ name }) => name.slice(name.lastIndexOf('/') + 1));
  const known = [...new Set(books)].filter((ledger) => marketOfLedger(ledger) !== undefined);
  if (known.length === 0) throw new WrongUse('Which book? The keys are of none; say --ledger <id>');
  return known;
}

/** The one book that is meant. Throws WrongUse. */
export function bookOf(ledger: string | undefined, keys: readonly VerifierKey[]): string {
  if (ledger !== undefined) return ledger;
  const [only, ...others] = booksOfKeys(keys);
  if (only === undefined || others.length > 0) throw new WrongUse('Which book? Say --ledger <id>');
  return only;
}

/** The newest signed head of a book with what witnesses have signed of it, or of as much of it as there was at a point. Throws WrongUse where there is none. */
export async function signedHead(
  store: EventStore,
  ledger: string,
  at: Point | undefined,
): Promise<StoredCheckpoint> {
  const upTo = await revisionOfPoint(store, ledger, at);
  const found =
    upTo === undefined
      ? await latestCheckpoint(store, ledger)
      : await checkpointWithin(store, ledger, Number(upTo) + 1);
  if (found !== undefined) return withCosignatures(store, ledger, found);
  throw new WrongUse(`Nothing was signed of ${ledger} ${at === undefined ? 'yet' : 'by then'}`);
}
