import type { EventIndex, StreamEntry } from './event-index.js';
import type { RecentIds } from './recent-ids.js';
import { DELETED } from './retention.js';

/** What an append expects of its stream: an exact last revision, or one of the named conditions. */
export type ExpectedRevision = number | 'any' | 'noStream' | 'streamExists';

export type Decision =
  | { readonly kind: 'append' }
  /** The same events are there already, the last of them under this sequence number. */
  | { readonly kind: 'repeated'; readonly lastSequence: number }
  | { readonly kind: 'wrongRevision' }
  | { readonly kind: 'deleted' };

const APPEND: Decision = { kind: 'append' };
const WRONG: Decision = { kind: 'wrongRevision' };
const IS_DELETED: Decision = { kind: 'deleted' };

export interface AppendSubject {
  readonly stream: StreamEntry | undefined;
  /** Whether something was said about the stream, be it there or not. */
  readonly hasMetadata: () => boolean;
}

/**
 * Decides on an append as EventStoreDB does: a repeated append (the same event ids where they were put the first
 * time) succeeds again; one whose ids are there in part, or elsewhere, expects the wrong revision.
 */
export function decideAppend(
  index: EventIndex,
  recentIds: RecentIds,
  { stream, hasMetadata }: AppendSubject,
  expected: ExpectedRevision,
  ids: readonly Buffer[],
): Decision {
  if (stream?.accepted.tombstoned === true) return IS_DELETED;
  const isSoftDeleted = stream?.accepted.truncateBefore === DELETED;
  const last = stream?.lastRevision ?? -1;
  if (expected === 'streamExists') {
    if (isSoftDeleted) return IS_DELETED;
    if (last < 0 && !hasMetadata()) return WRONG;
  }
  if (expected === 'any' || expected === 'streamExists') return decideAnywhere(index, recentIds, stream, ids);
  const exact = expected === 'noStream' ? -1 : expected;
  if (exact > last) return WRONG;
  if (stream === undefined || exact === last) return APPEND;
  const lastSequence = sequenceOfRepetition(index, stream, exact + 1, ids);
  if (lastSequence !== undefined) return { kind: 'repeated', lastSequence };
  const isNew = sequenceOfRepetition(index, stream, exact + 1, ids.slice(0, 1)) === undefined;
  return exact === -1 && isSoftDeleted && isNew ? APPEND : WRONG;
}

function decideAnywhere(
  index: EventIndex,
  recentIds: RecentIds,
  stream: StreamEntry | undefined,
  ids: readonly Buffer[],
): Decision {
  let lastSequence = -1;
  for (const [number, id] of ids.entries()) {
    const sequence = recentIds.find(id);
    const isHere = sequence !== undefined && index.stream(sequence) === stream;
    if (!isHere) return number === 0 ? APPEND : WRONG;
    lastSequence = sequence;
  }
  return lastSequence === -1 ? APPEND : { kind: 'repeated', lastSequence };
}

function sequenceOfRepetition(
  index: EventIndex,
  stream: StreamEntry,
  firstRevision: number,
  ids: readonly Buffer[],
): number | undefined {
  let lastSequence: number | undefined;
  for (const [number, id] of ids.entries()) {
    lastSequence = stream.sequences[firstRevision + number];
    if (lastSequence === undefined || !index.hasId(lastSequence, id)) return undefined;
  }
  return lastSequence;
}
