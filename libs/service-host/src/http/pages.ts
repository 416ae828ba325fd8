import { integerText } from '@florin/configuration';
import { z } from 'zod';

/** What every list takes in its query: `cursor`, in the form that the list's own rows have, and `limit`, 1 to 100. */
export function pageFields<Cursor extends z.ZodType>(cursor: Cursor) {
  return {
    cursor: cursor.optional().describe('The nextCursor of the page before'),
    limit: integerText(1, 100).default(20),
  };
}

/** What every list answers. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('Give it as `cursor` for the next page; null on the last one'),
  });
}

/** A page of up to `limit` rows: whoever reads them reads one more, which tells whether another page follows. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
