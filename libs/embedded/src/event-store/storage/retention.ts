import { DELETED, type Retention } from './event-index.js';

/** The event type of a stream's metadata, which lies in the stream named METADATA_PREFIX and the stream's name. */
export const METADATA_TYPE = '$metadata';
export const METADATA_PREFIX = '$$';
export const TOMBSTONE_TYPE = '$streamDeleted';

/** The metadata of a deleted stream: truncated before a revision that it cannot reach. */
export const DELETED_METADATA = Buffer.from('{"$tb":9223372036854775807}');

/** What a stream's metadata say about its events; metadata that say nothing readable keep everything. */
export function retentionOf(metadata: Buffer): Pick<Retention, 'truncateBefore' | 'maxCount'> {
  const { $tb, $maxCount } = parse(metadata);
  return {
    truncateBefore: isCount($tb) ? ($tb > Number.MAX_SAFE_INTEGER ? DELETED : $tb) : 0,
    maxCount: isCount($maxCount) && $maxCount > 0 ? $maxCount : Infinity,
  };
}

function parse(metadata: Buffer): { $tb?: unknown; $maxCount?: unknown } {
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
