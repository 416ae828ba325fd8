import { createSealer, GENESIS } from './chain.js';
import { decodeEvent, encodeEvent } from './codec.js';
import { rejectionCodes } from './entry.js';
import { anna, created, funding, NOW, opened, posted, sha256, stored, testMoney } from './given.spec.js';

/** What `sha256sum` makes of the text below: a change here breaks every book that exists. */
const firstHash = '54249054fb55bf54b725d7319051ba20ce46bb92b3c863cdd92ea9b20404d7aa';

function corruptionOf(type: string, data: unknown): unknown {
  try {
    return decodeEvent(type, data);
  } catch (error) {
    return error;
  }
}

describe('createSealer', () => {
  it('hashes the RFC 8785 form of data, ledger, predecessor, revision, schema and type', () => {
    const text =
      `{"data":{"currency":"EUR","ledger":"it-eur","recordedAt":${NOW}},"ledger":"it-eur",` +
      `"prev":"${'0'.repeat(64)}","revision":0,"schema":2,"type":"LedgerCreated"}`;
    expect(createSealer('it-eur', sha256, GENESIS).seal(created)).toStrictEqual({
      id: '54249054-fb55-8f54-b725-d7319051ba20',
      type: 'LedgerCreated',
      data: { currency: 'EUR', ledger: 'it-eur', recordedAt: NOW },
      metadata: { schema: 2, ledger: 'it-eur', prev: '0'.repeat(64), hash: sha256(text) },
    });
    expect(sha256(text)).toBe(firstHash);
  });

  it('chains each event to the one before', () => {
    const sealer = createSealer('it-eur', sha256, GENESIS);
    const first = sealer.seal(created);
    const second = sealer.seal(opened(anna));
    expect(second.metadata.prev).toBe(first.metadata.hash);
    expect(sealer.head).toStrictEqual({ revision: 1n, hash: second.metadata.hash });
  });

  it('goes on from any head as if it had sealed all before it', () => {
    const sealer = createSealer('it-eur', sha256, GENESIS);
    sealer.seal(created);
    const resumed = createSealer('it-eur', sha256, sealer.head);
    expect(resumed.seal(opened(anna))).toStrictEqual(sealer.seal(opened(anna)));
  });

  it('gives ids of UUID version 8', () => {
    for (const { id } of stored([created, opened(anna), opened(testMoney)])) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});

describe('the stored form of an event', () => {
  const entry = posted(funding(anna, 1_250n, 1));
  const { entryId, kind, reference } = entry;
  const rejected = {
    type: 'EntryRejected',
    entryId,
    kind,
    code: 'insufficient_funds',
    reference,
    recordedAt: NOW,
  } as const;

  it('holds amounts as integers', () => {
    expect(encodeEvent(entry)).toStrictEqual({
      currency: 'EUR',
      entryId,
      kind: 'test-funding',
      postings: [
        { account: 'source:test-money', amount: 1250 },
        { account: 'wallet:anna', amount: -1250 },
      ],
      effectiveAt: NOW,
      recordedAt: NOW,
      reference: 'payment-1',
    });
  });

  it.each([created, opened(anna), opened(testMoney), entry, rejected])(
    'is read back as it was: %#',
    (event) => {
      expect(decodeEvent(event.type, JSON.parse(JSON.stringify(encodeEvent(event))))).toStrictEqual(event);
    },
  );

  it('is refused when its type is not known', () => {
    expect(corruptionOf('EntryPostedV9', {})).toMatchObject({
      name: 'LedgerCorrupt',
      code: 'event_unknown',
      message: '"EntryPostedV9" is not a type of event that this version knows',
    });
  });

  const account = encodeEvent(opened(anna)) as object;
  const data = encodeEvent(entry) as object;
  it.each<[string, string, unknown]>([
    ['data: not an object', 'LedgerCreated', 'EUR'],
    ['data: not an object', 'LedgerCreated', null],
    ['data: not an object', 'EntryPosted', [data]],
    ['data: ledger is missing', 'LedgerCreated', { currency: 'EUR', recordedAt: NOW }],
    [
      'currency is not an ISO 4217 code',
      'LedgerCreated',
      { currency: 'euro', ledger: 'it-eur', recordedAt: NOW },
    ],
    ['data: note is not a known field', 'EntryPosted', { ...data, note: 'pizza' }],
    ['recordedAt is not a time in ms since the epoch', 'EntryPosted', { ...data, recordedAt: 1.5 }],
    ['recordedAt is not a time in ms since the epoch', 'EntryPosted', { ...data, recordedAt: -1 }],
    ['kind is not a string', 'EntryPosted', { ...data, kind: 7 }],
    ['"P2P" is not a kind of entry', 'EntryPosted', { ...data, kind: 'P2P' }],
    ['postings is not a list', 'EntryPosted', { ...data, postings: {} }],
    ['posting: amount is missing', 'EntryPosted', { ...data, postings: [{ account: 'wallet:anna' }] }],
    ['amount is not a safe integer', 'EntryPosted', { ...data, postings: [{ account: 'a:b', amount: '5' }] }],
    ['amount is not a safe integer', 'EntryPosted', { ...data, postings: [{ account: 'a:b', amount: 0.5 }] }],
    [
      'amount is not a safe integer',
      'EntryPosted',
      { ...data, postings: [{ account: 'a:b', amount: 2 ** 53 }] },
    ],
    ['floor is not a safe integer', 'AccountOpened', { ...account, floor: '0' }],
    ['a floor of 1 cannot hold for an account that opens at zero', 'AccountOpened', { ...account, floor: 1 }],
    ['testMoney is not true or false', 'AccountOpened', { ...account, testMoney: 0 }],
    [
      'class is none of asset, liability, equity, income, expense',
      'AccountOpened',
      { ...account, class: 'money' },
    ],
    [
      `code is none of ${rejectionCodes.join(', ')}`,
      'EntryRejected',
      { ...(encodeEvent(rejected) as object), code: 'mood' },
    ],
  ])('is refused when %s', (message, type, stored) => {
    expect(corruptionOf(type, stored)).toMatchObject({
      name: 'LedgerCorrupt',
      code: 'event_malformed',
      message,
    });
  });

  it('is refused when its entry does not balance', () => {
    const postings = [
      { account: 'wallet:anna', amount: 5 },
      { account: 'wallet:bruno', amount: -4 },
    ];
    expect(corruptionOf('EntryPosted', { ...data, postings })).toMatchObject({
      code: 'entry_invalid',
      message: 'not an entry: the postings sum to 1, not to zero',
    });
  });
});
