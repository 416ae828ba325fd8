import { buildEntry, labelsFault, MAX_POSTINGS, type Posting } from './entry.js';
import { entryIdAt, NOW } from './given.spec.js';
import { MAX_AMOUNT } from './money.js';

const draft = (postings: Posting[]): Parameters<typeof buildEntry>[0] => ({
  entryId: entryIdAt(NOW),
  kind: 'p2p',
  currency: 'EUR',
  postings,
  reference: 'payment-1',
});
const legs = (count: number): Posting[] =>
  Array.from({ length: count }, (_, i) => ({ account: `a:${i}`, amount: i === 0 ? BigInt(count - 1) : -1n }));

describe('buildEntry', () => {
  it('builds an entry of its own from a balanced draft', () => {
    const postings = legs(3);
    const entry = buildEntry(draft(postings));
    expect(entry).toStrictEqual(draft(legs(3)));
    postings[0] = { account: 'a:0', amount: 7n };
    expect(entry).toStrictEqual(draft(legs(3)));
  });

  it('takes as many postings as its limit', () => {
    expect(buildEntry(draft(legs(MAX_POSTINGS)))).toStrictEqual(draft(legs(MAX_POSTINGS)));
  });

  it.each<[string, Posting[]]>([
    ['an entry has at least two postings', []],
    ['an entry has at least two postings', legs(1)],
    ['an entry has at most 100 postings', legs(MAX_POSTINGS + 1)],
    ['the posting to a:2 is zero', [...legs(2), { account: 'a:2', amount: 0n }]],
    ['the postings sum to 3, not to zero', [...legs(2), { account: 'a:2', amount: 3n }]],
    [
      'the posting to a:0 is beyond the greatest amount',
      [{ account: 'a:0', amount: MAX_AMOUNT + 1n }, ...legs(2)],
    ],
    ['an account occurs twice', [...legs(2), ...legs(2)]],
  ])('says that %s', (detail, postings) => {
    expect(buildEntry(draft(postings))).toStrictEqual({ code: 'entry_invalid', detail });
  });

  it('is the only way to balanced postings', () => {
    const plain: readonly Posting[] = legs(2);
    // @ts-expect-error: postings that nobody has summed are not balanced postings
    const balanced: Exclude<ReturnType<typeof buildEntry>, { code: string }>['postings'] = plain;
    expect(balanced).toBe(plain);
  });
});

describe('what an entry says of itself', () => {
  const about = (metadata: object) => buildEntry({ ...draft(legs(2)), metadata });

  it('is kept as it is', () => {
    const metadata = { orderId: 'order-1', reason: 'x'.repeat(64) };
    expect(about(metadata)).toStrictEqual({ ...draft(legs(2)), metadata });
  });

  it.each<[string, object]>([
    ['metadata that says nothing is left out', {}],
    ['"name" is not among the metadata of an entry', { orderId: 'order-1', name: 'Anna' }],
    ['the metadata orderId is not an opaque id of at most 64 characters', { orderId: '' }],
    ['the metadata orderId is not an opaque id of at most 64 characters', { orderId: ' order' }],
    ['the metadata orderId is not an opaque id of at most 64 characters', { orderId: 'order ' }],
    ['the metadata reason is not an opaque id of at most 64 characters', { reason: 'x'.repeat(65) }],
  ])('is refused: %s', (detail, metadata) => {
    expect(about(metadata)).toStrictEqual({ code: 'entry_invalid', detail });
  });
});

describe('labels', () => {
  it.each<[string | undefined, string, string]>([
    [undefined, 'p2p', ''],
    [undefined, `p${'2'.repeat(31)}`, 'x'.repeat(64)],
    [`"p${'2'.repeat(32)}" is not a kind of entry`, `p${'2'.repeat(32)}`, ''],
    ['"p2p!" is not a kind of entry', 'p2p!', ''],
    ['" p2p" is not a kind of entry', ' p2p', ''],
    ['the reference is not an opaque id of at most 64 characters', 'p2p', 'x'.repeat(65)],
    ['the reference is not an opaque id of at most 64 characters', 'p2p', 'for pizza'],
  ])('%s', (fault, kind, reference) => {
    expect(labelsFault({ kind, reference })).toBe(fault);
  });
});
