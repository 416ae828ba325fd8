import { idOfHash, type ChainHead } from '@florin/ledger';
import { sha256, type NewEvent } from '@florin/event-store';
import { formatNote, openNote, signNote, type SignerKey, type VerifierKey } from '@florin/proofs';

/** Events of one segment; at the end of each stands a record. */
export const SEGMENT_EVENTS = 4_096;

/** Version of what is below. A reader that meets another replays the log instead. */
const FORMAT = 'florin snapshot 1';

/** The stream of a book's records: event number n - 1 is that of segment n. */
export function recordStream(ledger: string): string {
  return `snapshots-${ledger}`;
}

/** The stream of the chunks that the records of a book point to. */
export function chunkStream(ledger: string): string {
  return `snapshot-chunks-${ledger}`;
}

/** The stream of the ids that have an outcome in a book: event number n - 1 has those of segment n. */
export function idStream(ledger: string): string {
  return `snapshot-ids-${ledger}`;
}

/** A piece of a record: its event number in the stream of chunks, and the SHA-256 of its text. */
export interface Chunk {
  readonly at: number;
  readonly sha256: string;
}

/** A chunk of accounts, in the order of their ids. */
export interface AccountChunk extends Chunk {
  readonly first: string;
}

/**
 * What a record says. It covers the last `covers` segments: every account that they touched, as it stands at the record's
 * end. Of the others the record of segment `segment - covers` says how they stand, and so on back to the first: see `chainOf`.
 */
export interface SnapshotRecord {
  readonly segment: number;
  readonly covers: number;
  readonly accounts: readonly AccountChunk[];
  /** Accounts that this one segment touched, and at which revisions. */
  readonly touches: readonly AccountChunk[];
  /** The text of the `BookSummary`, in pieces. */
  readonly summary: readonly Chunk[];
  /** SHA-256 over that of the segment before (64 zeros for the first), the segment's last time, and the SHA-256 of its ids. */
  readonly idChain: string;
}

/** What a record is of. */
export interface RecordPlace {
  readonly ledger: string;
  readonly segment: number;
  /** Where the chain of the log stands at the end of the segment. */
  readonly head: ChainHead;
}

/** Segments whose records together are the book at the end of `segment`, the last one first: a walk through a Fenwick tree. */
export function chainOf(segment: number): number[] {
  const chain: number[] = [];
  for (let at = segment; at > 0; at -= coverOf(at)) chain.push(at);
  return chain;
}

/** How many segments the record of `segment` covers: the lowest bit that is set. */
export function coverOf(segment: number): number {
  return segment & -segment;
}

/** A record, or a part of one, cannot be used: it is not there, was damaged, or was made by another version or key. */
export class SnapshotUnusable extends Error {
  override readonly name = 'SnapshotUnusable';
}

/**
 * The event that a record is stored as: its text, and a note (C2SP signed-note) that binds the text to a ledger, a segment
 * and the head of the log's chain. Without a key the note bears no signature.
 */
export function recordEvent(
  { ledger, head, segment }: RecordPlace,
  record: SnapshotRecord,
  key: SignerKey | undefined,
): NewEvent {
  const body = JSON.stringify(record);
  const text = noteText({ ledger, segment, head }, body);
  const note = key === undefined ? text : formatNote({ text, signatures: [signNote(text, key)] });
  return event('SnapshotTaken', { note, body });
}

/** Reads a record back. With `keys`, one of them must have signed it. Throws SnapshotUnusable. */
export function readRecord(
  data: unknown,
  ledger: string,
  segment: number,
  keys: readonly VerifierKey[] | undefined,
): { readonly head: ChainHead; readonly record: SnapshotRecord } {
  const { note, body } = data as { note: string; body: string };
  const text = keys === undefined ? (note.split('\n\n', 1)[0] as string) : openNote(note, keys).text;
  const [, , , revision = '', hash = ''] = text.split('\n');
  const head = { revision: BigInt(revision), hash };
  if (text.trimEnd() !== noteText({ ledger, segment, head }, body).trimEnd()) {
    throw new SnapshotUnusable(`the record of segment ${segment} is not what its note says`);
  }
  return { head, record: JSON.parse(body) as SnapshotRecord };
}

function noteText({ ledger, segment, head }: RecordPlace, body: string): string {
  return `${FORMAT}\n${ledger}\n${segment}\n${head.revision}\n${head.hash}\n${sha256(body)}\n`;
}

/** An event whose id follows from what it says, so that it can be appended again. */
export function event(type: string, data: Readonly<Record<string, unknown>>): NewEvent {
  return { id: idOfHash(sha256(JSON.stringify(data))), type, data, metadata: {} };
}
