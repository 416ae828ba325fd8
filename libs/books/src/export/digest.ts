import { hash } from 'node:crypto';
import { canonicalJson, GENESIS } from '@florin/ledger';
import { MerkleFrontier, type Hash } from '@florin/proofs';
import { frontierBefore, kindOf, readHeader, type ExportHeader } from './format.js';
import { LF, type Block } from './lines.js';
import { isPlainEntry, type EventPlace } from './plain-entry.js';

/** What can be said of the lines of a block without understanding them. */
export interface Digest {
  /** SHA-256 of each line in hex, one after the other. */
  readonly hashes: string;
  /** Root in hex of the tree over all events before each line that is none, in the order of these lines. */
  readonly roots: readonly string[];
  /** For each line 1 where it is a plain entry at its place, if those before it are right; see `isPlainEntry`. */
  readonly plain: Uint8Array;
  /** The first line that is not in the one form that it may have: its place in the block, and why. */
  readonly malformed: { readonly at: number; readonly detail: string } | undefined;
}

/** Takes in the lines of one file after the other, block by block. */
export type Digester = (block: Block) => Digest;

/**
 * The one half of verifying an export: hashes, the tree, and the form of lines. It needs nothing of the other half, so that both
 * can have a thread of their own.
 */
export function createDigester(): Digester {
  let tree = new MerkleFrontier();
  let place: EventPlace | undefined;
  return (block) => {
    const roots: string[] = [];
    const plain: number[] = [];
    let malformed: Digest['malformed'];
    let hashes = '';
    for (let start = 1; start < block.length;) {
      const end = block.indexOf(LF, start);
      const digest = hash('sha256', block.subarray(start, end), 'hex');
      hashes += digest;
      // What is not in ASCII is none, so that its bytes may be taken for characters.
      const isPlain = place !== undefined && isPlainEntry(block.toString('latin1', start, end), place);
      const line = isPlain ? undefined : block.toString('utf8', start, end);
      if (line === undefined || kindOf(line) === 'event') {
        tree.append(leafAt(block, start, end));
        if (place !== undefined) {
          place = { ledger: place.ledger, prev: digest, revision: place.revision + 1 };
        }
      } else {
        if (kindOf(line) === 'header') [tree, place] = beginningOf(line);
        roots.push(tree.root().toString('hex'));
      }
      const detail = line === undefined || malformed !== undefined ? undefined : formFault(line);
      if (detail !== undefined) malformed = { at: plain.length, detail };
      plain.push(isPlain ? 1 : 0);
      start = end + 1;
    }
    return { hashes, roots, plain: Uint8Array.from(plain), malformed };
  };
}

/** The byte before the line serves as the prefix; and by way of single bytes, which node:crypto makes about three times as fast as a Buffer. */
function leafAt(block: Block, start: number, end: number): Hash {
  const before = block[start - 1] as number;
  block[start - 1] = 0;
  const leaf = Buffer.from(hash('sha256', block.subarray(start - 1, end), 'binary'), 'latin1');
  block[start - 1] = before;
  return leaf;
}

/** The tree that a part begins with, and its first event's place. A header that cannot be read is found where it is understood. */
function beginningOf(line: string): [MerkleFrontier, EventPlace | undefined] {
  const value = jsonOf(line);
  const header: ExportHeader | string = value === undefined ? '' : readHeader(value);
  if (typeof header === 'string') return [new MerkleFrontier(), undefined];
  const { ledger, from, before } = header;
  const place = { ledger, prev: before?.hash ?? GENESIS.hash, revision: from };
  return [MerkleFrontier.fromJSON(frontierBefore(header)), place];
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
function formFault(line: string): string | undefined {
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
