/** How much of a stream is still there. */
export interface Retention {
  /** Events before this revision are gone; DELETED when all are, until the next append. */
  readonly truncateBefore: number;
  /** Only so many of the last events are there. */
  readonly maxCount: number;
  /** Only events that were appended within so many milliseconds are there. */
  readonly maxAgeMs: number;
  /** Gone for ever: cannot be read or appended to. */
  readonly tombstoned: boolean;
}

export const DELETED = Infinity;

/** The event type of a stream's metadata, which lies in the stream named METADATA_PREFIX and the stream's name. */
export const METADATA_TYPE = '$metadata';
export const METADATA_PREFIX = '$$';
export const TOMBSTONE_TYPE = '$streamDeleted';

const KEEP_ALL: Retention = {
  truncateBefore: 0,
  maxCount: Infinity,
  maxAgeMs: Infinity,
  tombstoned: false,
};
/** Of metadata, the last are there. */
const KEEP_LAST: Retention = { ...KEEP_ALL, maxCount: 1 };

/** How much is there of a stream about which nothing else was said. */
export function initialRetention(stream: string): Retention {
  return stream.startsWith(METADATA_PREFIX) ? KEEP_LAST : KEEP_ALL;
}

/** What a stream's metadata say about its events; metadata that say nothing readable keep everything. */
export function retentionOf(metadata: Buffer): Omit<Retention, 'tombstoned'> {
  const { $tb, $maxCount, $maxAge } = parse(metadata);
  return {
    truncateBefore: isCount($tb) ? ($tb > Number.MAX_SAFE_INTEGER ? DELETED : $tb) : 0,
    maxCount: isCount($maxCount) && $maxCount > 0 ? $maxCount : Infinity,
    maxAgeMs: isCount($maxAge) && $maxAge > 0 ? $maxAge * 1000 : Infinity,
  };
}

/** The metadata of a deleted stream: truncated before a revision that it cannot reach. */
export const DELETED_METADATA = Buffer.from('{"$tb":9223372036854775807}');

/** Metadata that say the same as others, and that the events before a revision are gone. */
export function truncatedMetadata(metadata: Buffer, truncateBefore: number): Buffer {
  return Buffer.from(JSON.stringify({ ...parse(metadata), $tb: truncateBefore }));
}

function parse(metadata: Buffer): { $tb?: unknown; $maxCount?: unknown; $maxAge?: unknown } {
  try {
    const value: unknown = JSON.parse(metadata.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
