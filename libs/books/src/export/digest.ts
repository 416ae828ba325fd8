import { hash } from 'node:crypto';
import { canonicalJson } from '@florin/ledger';
import { MerkleFrontier, type Hash } from '@florin/proofs';
import { frontierBefore, kindOf, readHeader } from './format.js';

/** What can be said of the lines of a block without understanding them. */
export interface Digest {
  /** SHA-256 of each line in hex, one after the other. */
  readonly hashes: string;
  /** Root in hex of the tree over all events before each line that is none, in the order of these lines. */
  readonly roots: readonly string[];
  /** The first line that is not in the one form that it may have: its place in the block, and why. */
  readonly malformed: { readonly at: number; readonly detail: string } | undefined;
}

/** Takes in the lines of one file after the other, block by block; writes over the bytes that it is given. */
export type Digester = (bytes: Uint8Array<ArrayBuffer>) => Digest;

const LF = 0x0a;

/**
 * The one half of verifying an export: hashes, the tree, and the form of lines. It needs nothing of the other half, so that both
 * can have a thread of their own. A block is a zero and then lines with their line feeds.
 */
export function createDigester(): Digester {
  let tree = new MerkleFrontier();
  return (bytes) => {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines = linesIn(block);
    const roots: string[] = [];
    let malformed: Digest['malformed'];
    let hashes = '';
    let start = 1;
    lines.forEach((line, at) => {
      const end = block.indexOf(LF, start);
      hashes += hash('sha256', block.subarray(start, end), 'hex');
      const kind = kindOf(line);
      if (kind === 'event') {
        block[start - 1] = 0;
        tree.append(leafOf(block.subarray(start - 1, end)));
      } else {
        if (kind === 'header') tree = treeBefore(line);
        roots.push(tree.root().toString('hex'));
      }
      if (malformed === undefined) {
        const detail = formFault(line);
        if (detail !== undefined) malformed = { at, detail };
      }
      start = end + 1;
    });
    return { hashes, roots, malformed };
  };
}

/** The lines of a block, which end with a line feed each. */
export function linesIn(block: Buffer): string[] {
  return block.toString('utf8', 1, block.length - 1).split('\n');
}

/** By way of single bytes, which node:crypto makes about three times as fast as a Buffer. */
function leafOf(prefixed: Buffer): Hash {
  return Buffer.from(hash('sha256', prefixed, 'binary'), 'latin1');
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

const TEXT = '"[ !#-\\[\\]-~]*"';
const INTEGER = '(?:0|-?[1-9][0-9]{0,14})';
const POSTING = `\\{"account":${TEXT},"amount":${INTEGER}\\}`;
/** A plain entry in the form that it must have. Nearly every line is one; the others are read to see. */
const PLAIN_ENTRY = new RegExp(
  `^\\{"data":\\{"currency":${TEXT},"effectiveAt":${INTEGER},"entryId":${TEXT},"kind":${TEXT},` +
    `"postings":\\[${POSTING}(?:,${POSTING})*\\],"recordedAt":${INTEGER},"reference":${TEXT}\\},` +
    `"ledger":${TEXT},"prev":${TEXT},"revision":${INTEGER},"schema":${INTEGER},"type":${TEXT}\\}$`,
);

/** What is wrong with the form of a line. It has one form: another with the same meaning would have another hash. */
function formFault(line: string): string | undefined {
  if (PLAIN_ENTRY.test(line)) return undefined;
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
