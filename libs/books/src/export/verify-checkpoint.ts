import {
  Malformed,
  NoteUnverified,
  openNote,
  parseCheckpoint,
  parseLedgerHead,
  parseNote,
  type Checkpoint,
  type LedgerHead,
  type OpenedNote,
  type VerifierKey,
} from '@florin/proofs';
import type { ClassTotals } from '../class-totals.js';
import { ExportFault } from './fault.js';
import { show } from './format.js';

/** What a checkpoint must say at the place where it stands. */
export interface Expected {
  readonly origin: string | null;
  readonly size: number;
  /** In hex. */
  readonly root: string;
  readonly chain: string;
  /** `undefined` in a part, which knows no balances. */
  readonly totals: ClassTotals | undefined;
}

/** Whose signatures count; `undefined`: they are not looked at. */
export type Keys = readonly VerifierKey[] | undefined;

/**
 * Checks a checkpoint against the events before it. Answers the keys that have signed it, as name+id. Throws ExportFault.
 * Roots of liabilities are not looked at, which takes the salts of their leaves; what they say is owed in all is.
 */
export function verifyCheckpoint(note: string, keys: Keys, expected: Expected): readonly string[] {
  const { text, signatures } = opened(note, keys);
  const { checkpoint, head } = parsed(text);
  const { origin, size, root } = checkpoint;
  if (origin !== expected.origin) {
    throw new ExportFault(
      'checkpoint_foreign',
      `it is of ${show(origin)}, expected ${show(expected.origin)}`,
    );
  }
  // A witness saw the head; that the book says so takes a signature of a key of its own.
  const own = signatures.some(({ key }) => key.algorithm === 'ed25519' && key.name === origin);
  if (keys !== undefined && !own)
    throw new ExportFault('checkpoint_unsigned', `no known key of ${origin} has signed`);
  if (size !== BigInt(expected.size)) {
    throw new ExportFault('checkpoint_misplaced', `it covers ${size} events, expected ${expected.size}`);
  }
  if (root.toString('hex') !== expected.root) {
    throw new ExportFault('root_differs', `its root is ${root.toString('hex')}, expected ${expected.root}`);
  }
  if (head.chain !== expected.chain) {
    throw new ExportFault('chain_differs', `its chain hash is ${head.chain}, expected ${expected.chain}`);
  }
  const fault = expected.totals?.fault(head.totals);
  if (fault !== undefined) throw new ExportFault('totals_differ', fault);
  const owedFault = expected.totals?.owedFault(head.liabilities);
  if (owedFault !== undefined) throw new ExportFault('liabilities_differ', owedFault);
  return signatures.map(({ name, id }) => `${name}+${id}`);
}

function opened(note: string, keys: Keys): Pick<OpenedNote, 'text' | 'signatures'> {
  try {
    return keys === undefined ? { text: parseNote(note).text, signatures: [] } : openNote(note, keys);
  } catch (error) {
    if (!(error instanceof NoteUnverified)) throw asMalformed(error);
    throw new ExportFault(error.code === 'unsigned' ? 'checkpoint_unsigned' : error.code, error.message);
  }
}

function parsed(text: string): { checkpoint: Checkpoint; head: LedgerHead } {
  try {
    const checkpoint = parseCheckpoint(text);
    return { checkpoint, head: parseLedgerHead(checkpoint.extensions) };
  } catch (error) {
    throw asMalformed(error);
  }
}

function asMalformed(error: unknown): unknown {
  return error instanceof Malformed ? new ExportFault('checkpoint_malformed', error.message) : error;
}
