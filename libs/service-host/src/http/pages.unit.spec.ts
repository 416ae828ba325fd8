import { integerText } from '@florin/configuration';
import { z } from 'zod';
import { pageFields, pageOf, toPage } from './pages.js';

describe('a page', () => {
  const cut = (rows: number[], limit: number): object => toPage(rows, limit, String);

  it.each<[string, number[], number[], string | null]>([
    ['is not the last when one more row was read', [1, 2, 3], [1, 2], '2'],
    ['is the last when it is exactly full', [1, 2], [1, 2], null],
    ['is the last when it is not full', [1], [1], null],
    ['may be empty', [], [], null],
  ])('%s', (_, rows, items, nextCursor) => {
    expect(cut(rows, 2)).toEqual({ items, nextCursor });
    expect(pageOf(z.int()).safeParse(cut(rows, 2)).success).toBe(true);
  });

  const query = z.strictObject(pageFields(integerText(0, 1_000)));

  it('has 20 rows unless told', () => {
    expect(query.parse({})).toEqual({ limit: 20 });
    expect(query.parse({ cursor: '7', limit: '100' })).toEqual({ cursor: 7, limit: 100 });
  });

  it.each([
    { limit: '0' },
    { limit: '101' },
    { limit: '0x10' },
    { limit: '1e1' },
    { limit: '' },
    { cursor: '' },
  ])('is not asked for by %j', (wrong) => expect(query.safeParse(wrong).success).toBe(false));
});
