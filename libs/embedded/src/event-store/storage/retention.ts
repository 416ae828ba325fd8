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

/** What a stream's metadata say about its events; metadata with any value that cannot be one keep everything. */
export function retentionOf(metadata: Buffer): Omit<Retention, 'tombstoned'> {
  const { $tb = 0, $maxCount = Infinity, $maxAge = Infinity, $cacheControl = 1, $acl = {} } = parse(metadata);
  const { truncateBefore, maxCount, maxAgeMs } = KEEP_ALL;
  const isUsable =
    isNumber($tb, 0) && isNumber($maxCount, 1) && isNumber($maxAge, 1) && isNumber($cacheControl, 1);
  if (!isUsable || !isObject($acl)) return { truncateBefore, maxCount, maxAgeMs };
  return {
    truncateBefore: $tb > Number.MAX_SAFE_INTEGER ? DELETED : $tb,
    maxCount: $maxCount,
    maxAgeMs: $maxAge * 1000,
  };
}

/** The metadata of a deleted stream: truncated before a revision that it cannot reach. */
export const DELETED_METADATA = Buffer.from('{"$tb":9223372036854775807}');

/** Metadata that say the same as others, and that the events before a revision are gone. */
export function truncatedMetadata(metadata: Buffer, truncateBefore: number): Buffer {
  return Buffer.from(JSON.stringify({ ...parse(metadata), $tb: truncateBefore }));
}

function parse(
  metadata: Buffer,
): Partial<Record<'$tb' | '$maxCount' | '$maxAge' | '$cacheControl' | '$acl', unknown>> {
  try {
    const value: unknown = JSON.parse(metadata.toString('utf8'));
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whole, or for ever. */
function isNumber(value: unknown, least: number): value is number {
  return typeof value === 'number' && value >= least && (Number.isInteger(value) || value === Infinity);
}
