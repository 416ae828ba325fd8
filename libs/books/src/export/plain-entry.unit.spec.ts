import { canonicalEvent, decodeStored } from '@florin/ledger';
import { isPlainEntry, readPlainEntry } from './plain-entry.js';

const place = { ledger: 'it-eur', prev: 'ab'.repeat(32), revision: 7 };
const id = '01a19c24-7f3a-777e-86a7-f484da79559f';
const entry = {
  ...{ currency: 'EUR', effectiveAt: 1_793_620_000_000, entryId: id, kind: 'p2p' },
  postings: [
    { account: 'wallet:a', amount: 700 },
    { account: 'wallet:b', amount: -500 },
    { account: 'income:fees', amount: -200 },
  ],
  ...{ recordedAt: 1_793_620_000_001, reference: id },
};
const metadata = { channel: 'web', paymentId: id };

function lineOf(data: object, other: Partial<Record<string, string | number>> = {}): string {
  const { ledger, prev, revision, schema, type } = { ...place, schema: 2, type: 'EntryPosted', ...other };
  return canonicalEvent(prev, { schema, ledger, revision: BigInt(revision), type, data });
}

describe('a plain entry', () => {
  it.each([
    { what: 'as most are', data: entry },
    { what: 'with metadata', data: { ...entry, metadata } },
    { what: 'with the greatest amounts read here', data: amounts(999_999_999_999_999) },
    { what: 'with two postings', data: { ...entry, postings: amounts(1).postings } },
    { what: 'without a reference', data: { ...entry, reference: '' } },
  ])('is read as the long way reads it: $what', ({ data }) => {
    expect(isPlainEntry(lineOf(data), place)).toBe(true);
    expect(readPlainEntry(lineOf(data))).toStrictEqual(decodeStored(2, 'EntryPosted', data));
  });

  function amounts(amount: number): typeof entry {
    const postings = [
      { account: 'wallet:a', amount },
      { account: 'wallet:b', amount: -amount },
    ];
    return { ...entry, postings };
  }

  const line = lineOf(entry);
  const withMetadata = lineOf({ ...entry, metadata });
  it.each([
    ['another ledger', lineOf(entry, { ledger: 'fr-eur' })],
    ['another predecessor', lineOf(entry, { prev: 'cd'.repeat(32) })],
    ['another revision', lineOf(entry, { revision: 8 })],
    ['an older form', lineOf(entry, { schema: 1 })],
    ['another type', lineOf(entry, { type: 'EntryRejected' })],
    ['something after it', `${line} `],
    ['a space within', line.replace(':', ': ')],
    ['an escape that need not be', line.replace('p2p', 'p\\u0032p')],
    ['a fraction', line.replace('700', '700.0')],
    ['a number with a zero before it', line.replace('700', '0700')],
    ['a negative zero', line.replace('700', '-0')],
    ['a number beyond those read here', line.replace('700', '1000000000000000')],
    ['a field too many', lineOf({ ...entry, remark: 'x' })],
    ['a field that is doubled', line.replace('"kind":"p2p"', '"kind":"p2p","kind":"p2p"')],
    ['a field that is missing', line.replace('"kind":"p2p",', '')],
    ['no postings', lineOf({ ...entry, postings: [] })],
    ['postings that do not sum to zero', lineOf({ ...entry, postings: entry.postings.slice(1) })],
    ['no kind of entry', lineOf({ ...entry, kind: 'P2P' })],
    ['a reference of too many letters', lineOf({ ...entry, reference: 'x'.repeat(65) })],
    ['metadata that say nothing', lineOf({ ...entry, metadata: {} })],
    ['metadata that are not known', lineOf({ ...entry, metadata: { colour: 'red' } })],
    ['metadata of numbers', lineOf({ ...entry, metadata: { channel: 7 } })],
    ['metadata in another order', withMetadata.replace(/("channel":"web"),("paymentId":"[^"]+")/, '$2,$1')],
    ['metadata twice', withMetadata.replace('"channel":"web"', '"channel":"web","channel":"web"')],
    ['a hold', lineOf({ ...entry, capture: { holdId: id, final: true } })],
    ['a reversal', lineOf({ ...entry, reverses: { entryId: id, revision: 3 } })],
    ['half of it', line.slice(0, line.length / 2)],
  ])('is read the long way where there is %s', (_what, other) => {
    expect(isPlainEntry(other, place)).toBe(false);
  });
});
