import { hash } from 'node:crypto';
import { canonicalJson } from '@florin/ledger';
import { MerkleFrontier, type Hash } from '@florin/proofs';
import { frontierBefore, kindOf, readHeader } from './format.js';
import { LF, type Block } from './lines.js';
import { ENTRY_BEGINNING } from './plain-entry.js';

/** What can be said of the lines of a block without understanding them. */
export interface Digest {
  /** SHA-256 of each line in hex, one after the other. */
  readonly hashes: string;
  /** Root in hex of the tree over all events before each line that is none, in the order of these lines. */
  readonly roots: readonly string[];
  /**
   * The first line that is not in the one form that it may have: its place in the block, and why. Not looked at are lines that
   * begin as a plain entry does: whoever reads them sees.
   */
  readonly malformed: { readonly at: number; readonly detail: string } | undefined;
}

/** Takes in the lines of one file after the other, block by block. */
export type Digester = (block: Block) => Digest;

const entryBeginning = Buffer.from(ENTRY_BEGINNING);

/**
 * The one half of verifying an export: hashes, the tree, and the form of lines. It needs nothing of the other half, so that both
 * can have a thread of their own.
 */
export function createDigester(): Digester {
  let tree = new MerkleFrontier();
  return (block) => {
    const roots: string[] = [];
    let malformed: Digest['malformed'];
    let hashes = '';
    for (let [start, at] = [1, 0]; start < block.length; at += 1) {
      const end = block.indexOf(LF, start);
      hashes += hash('sha256', block.subarray(start, end), 'hex');
      if (beginsAsEntry(block, start)) {
        tree.append(leafAt(block, start, end));
      } else {
        const line = block.toString('utf8', start, end);
        const kind = kindOf(line);
        if (kind === 'event') tree.append(leafAt(block, start, end));
        if (kind === 'header') tree = treeBefore(line);
        if (kind !== 'event') roots.push(tree.root().toString('hex'));
        const detail = malformed === undefined ? formFault(line) : undefined;
        if (detail !== undefined) malformed = { at, detail };
      }
      start = end + 1;
    }
    return { hashes, roots, malformed };
  };
}

function beginsAsEntry(block: Block, start: number): boolean {
  const end = Math.min(start + entryBeginning.length, block.length);
  return block.compare(entryBeginning, 0, entryBeginning.length, start, end) === 0;
}

/** The byte before the line serves as the prefix; and by way of single bytes, which node:crypto makes about three times as fast as a Buffer. */
function leafAt(block: Block, start: number, end: number): Hash {
  const before = block[start - 1] as number;
  block[start - 1] = 0;
  const leaf = Buffer.from(hash('sha256', block.subarray(start - 1, end), 'binary'), 'latin1');
  block[start - 1] = before;
  return leaf;
}

/** The tree that a part begins with. A header that cannot be read is found where it is understood. */
function treeBefore(line: string): MerkleFrontier {
  const value = jsonOf(line);
  const header = value === undefined ? '' : readHeader(value);
  return typeof header === 'string' ? new MerkleFrontier() : MerkleFrontier.fromJSON(frontierBefore(header));
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What is wrong with the form of a line. It has one form: another with the same meaning would have another hash. */
export function formFault(line: string): string | undefined {
  try {
    return canonicalJson(JSON.parse(line)) === line ? undefined : 'the line is not in the form of RFC 8785';
  } catch (error) {
    // No JSON; a number that is no safe integer; brackets in brackets beyond all measure.
    const expected =
      error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
    if (!expected) throw error;
    return `the line cannot be read: ${error.message}`;
  }
}
