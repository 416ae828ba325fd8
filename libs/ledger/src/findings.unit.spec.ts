import { canonicalJson } from './canonical.js';
import { createSealer, GENESIS, type ChainHead } from './chain.js';
import { decodeEvent, encodeEvent } from './codec.js';
import { ENTRY_ID_WINDOW_MS } from './entry-id.js';
import type { LedgerEvent } from './events.js';
import {
  anna,
  bookOf,
  bruno,
  created,
  entryIdAt,
  funding,
  NOW,
  opened,
  posted,
  replayed,
  sha256,
  stored,
  testMoney,
  transfer,
} from './given.spec.js';
import { createReplay, readNext } from './replay.js';
import type { StoredRecord } from './stored.js';

/** What a finding says of a history, to the word: an auditor has nothing else to go on. */

const payment = posted(transfer(anna, bruno, 5n, 2));
const history: readonly LedgerEvent[] = [
  ...[created, opened(testMoney), opened(anna), opened(bruno)],
  ...[posted(funding(anna, 20_000n, 1)), payment],
];
const records = stored(history);
const hashOf = ({ metadata }: StoredRecord): string => (metadata as { hash: string }).hash;
const zeros = GENESIS.hash;

describe('what a book cannot hold', () => {
  const old = entryIdAt(NOW - ENTRY_ID_WINDOW_MS - 1);

  it.each<[string, string, LedgerEvent[], LedgerEvent]>([
    ['book_not_created', 'a book begins with LedgerCreated, not with AccountOpened', [], opened(anna)],
    ['book_created_twice', 'the book was created before', [created], created],
    [
      'ledger_foreign',
      'the book was created as br-brl, not as it-eur',
      [],
      { ...created, ledger: 'br-brl' } as LedgerEvent,
    ],
    ['clock_backwards', `recorded at ${NOW - 1}, after an event at ${NOW}`, [created], opened(anna, NOW - 1)],
    ['account_twice', 'wallet:anna was opened before', [created, opened(anna)], opened(anna)],
    [
      'currency_mismatch',
      'in CAFFE, the book is in EUR',
      [created],
      { ...opened(anna), currency: 'CAFFE' } as LedgerEvent,
    ],
    [
      'entry_id_repeated',
      `${payment.entryId} has an outcome already`,
      [...history],
      { ...payment, recordedAt: NOW + 1 },
    ],
    [
      'entry_id_invalid',
      `the id ${payment.entryId} could not be recorded at ${NOW + ENTRY_ID_WINDOW_MS + 1}`,
      [...history],
      { ...payment, recordedAt: NOW + ENTRY_ID_WINDOW_MS + 1 },
    ],
    [
      'entry_id_invalid',
      `the id ${old} could not be recorded at ${NOW}`,
      [...history],
      { ...payment, entryId: old },
    ],
    [
      'floor_broken',
      `EntryPosted ${entryIdAt(NOW, 3)}: wallet:bruno would hold -1, under its floor of 0`,
      [...history],
      posted(transfer(bruno, anna, 6n, 3)),
    ],
    [
      'hold_unknown',
      'HoldExpired : hold x was never placed, or has ended',
      [...history],
      { type: 'HoldExpired', holdId: 'x', recordedAt: NOW },
    ],
  ])('%s: %s', (code, detail, before, event) => {
    const replay = replayed(stored([...before, event]), { currency: 'EUR' });
    expect(replay.finding).toStrictEqual({ revision: BigInt(before.length), code, detail });
  });
});

describe('what a chain cannot hold', () => {
  const [first, second] = records as [StoredRecord, StoredRecord];
  const id = second.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const meta = (change: object) => ({ ...second, metadata: { ...(second.metadata as object), ...change } });

  it.each<[string, string, StoredRecord]>([
    ['revision_gap', 'revision 2 follows revision 0', { ...second, revision: 2n }],
    ['ledger_foreign', 'the event belongs to "br-brl", not to it-eur', meta({ ledger: 'br-brl' })],
    [
      'chain_broken',
      `the event follows "${zeros}", but the one before it is ${hashOf(first)}`,
      meta({ prev: zeros }),
    ],
    [
      'chain_broken',
      `the event follows null, but the one before it is ${hashOf(first)}`,
      meta({ prev: null }),
    ],
    [
      'hash_mismatch',
      `the event was sealed as "${zeros}", but its hash is ${hashOf(second)}`,
      meta({ hash: zeros }),
    ],
    ['id_mismatch', `the id is ${id}, not ${second.id}`, { ...second, id }],
    ['event_malformed', 'metadata: note is not a known field', meta({ note: 1 })],
    [
      'event_malformed',
      'the event has no canonical form: TypeError: 0.5 is not an integer in the safe range',
      { ...second, data: { a: 0.5 } },
    ],
    [
      'event_malformed',
      'the event has no canonical form: TypeError: a string holds half of a surrogate pair',
      { ...second, data: { a: '\ud800' } },
    ],
  ])('%s: %s', (code, detail, record) => {
    expect(replayed([first, record]).finding).toStrictEqual({ revision: 1n, code, detail });
    expect(() => readNext('it-eur', sha256, headAfter(first), record)).toThrow(
      expect.objectContaining({ code, message: detail }),
    );
  });

  it('says what is there where nothing is', () => {
    const absent = meta({ prev: undefined });
    expect(replayed([first, absent]).finding?.detail).toMatch(/^the event follows none, but/);
  });
});

describe('one event of a chain, wherever it was last right', () => {
  it('is read without a book', () => {
    const [before, record] = records.slice(-2) as [StoredRecord, StoredRecord];
    expect(readNext('it-eur', sha256, headAfter(before), record)).toStrictEqual({
      event: payment,
      head: headAfter(record),
    });
  });
});

function headAfter(record: StoredRecord): ChainHead {
  return { revision: record.revision, hash: hashOf(record) };
}

describe('a replay', () => {
  it('goes on from a book that is handed in', () => {
    const start = { state: bookOf(history.slice(0, 4)), head: headAfter(records[3] as StoredRecord) };
    const replay = createReplay('it-eur', sha256, { start });
    for (const record of records.slice(4)) expect(replay.accept(record)).toBeUndefined();
    expect(replay.head).toStrictEqual(headAfter(records.at(-1) as StoredRecord));
  });

  it('does not take a fault of the program for one of the history', () => {
    const broken = (): never => {
      throw new RangeError('out of memory');
    };
    expect(() => createReplay('it-eur', broken).accept(records[0] as StoredRecord)).toThrow('out of memory');
  });
});

describe('the stored form', () => {
  it('names what is wrong in a list, too', () => {
    const total = { currency: 'EUR', class: 'asset', debits: 1, credits: '0' };
    const data = {
      ...{ commandId: 'x', reference: '', recordedAt: NOW, period: '2026-11', from: 0, until: NOW },
      ...{ entries: 1, totals: [total] },
    };
    expect(() => decodeEvent('PeriodClosed', data)).toThrow('credits is not a safe integer');
    expect(() => decodeEvent('PeriodClosed', { ...data, totals: ['EUR'] })).toThrow('total: not an object');
  });

  it('of an event without a reference has no labels to be wrong', () => {
    const expired: LedgerEvent = { type: 'HoldExpired', holdId: 'x', recordedAt: NOW };
    expect(decodeEvent('HoldExpired', encodeEvent(expired))).toStrictEqual(expired);
  });

  it('is the canonical text as it stands: sealing need not order it', () => {
    for (const event of history) {
      const data = encodeEvent(event);
      expect(JSON.stringify(data)).toBe(canonicalJson(data));
    }
    expect(createSealer('it-eur', sha256, GENESIS).head).toBe(GENESIS);
  });
});

describe('a value without a canonical form', () => {
  it.each<[string, unknown]>([
    ['0.5 is not an integer in the safe range', { b: 0.5, a: 1 }],
    ['a undefined has no canonical form', undefined],
    ['a bigint has no canonical form', [1n]],
    ['a function has no canonical form', { toJSON: () => 1 }],
    ['a string holds half of a surrogate pair', { '\ud800': 1 }],
  ])('%s', (message, value) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(message));
  });
});
