import { createSealer, GENESIS, idOfHash, chainHash } from './chain.js';
import { ENTRY_ID_WINDOW_MS } from './entry-id.js';
import type { LedgerEvent } from './events.js';
import {
  anna,
  bruno,
  created,
  entryIdAt,
  funding,
  NOW,
  opened,
  posted,
  renumbered,
  replayed,
  sha256,
  stored,
  testMoney,
  transfer,
} from './given.spec.js';
import type { Finding, StoredRecord } from './stored.js';
import { balanceOf } from './state.js';

const funds = posted(funding(anna, 20_000n, 1), NOW + 1);
const payment = posted(transfer(anna, bruno, 1_250n, 2), NOW + 2);
const refusal: LedgerEvent = {
  type: 'EntryRejected',
  entryId: entryIdAt(NOW, 3),
  kind: 'p2p',
  code: 'insufficient_funds',
  reference: 'payment-3',
  recordedAt: NOW + 3,
};
const accounts = [created, opened(testMoney), opened(anna), opened(bruno)];
const history = [...accounts, funds, payment, refusal];

/** The history with one record changed. */
function altered(at: number, change: (record: StoredRecord) => object): StoredRecord[] {
  return stored(history).map((record, i) => (i === at ? { ...record, ...change(record) } : record));
}

function metadata(change: object): (record: StoredRecord) => object {
  return (record) => ({ metadata: { ...(record.metadata as object), ...change } });
}

function findingIn(records: readonly StoredRecord[]): Pick<Finding, 'revision' | 'code'> | undefined {
  const { finding } = replayed(records);
  return finding && { revision: finding.revision, code: finding.code };
}

/** Events sealed by somebody who may do so: only the book's own rules can find what is wrong. */
function findingAfter(events: readonly LedgerEvent[], wrong: LedgerEvent): unknown {
  expect(replayed(stored(events)).finding).toBeUndefined();
  return findingIn(stored([...events, wrong]));
}

describe('a replay of what was recorded', () => {
  it('finds nothing and ends at the same book', () => {
    const seen: [LedgerEvent, bigint][] = [];
    const records = stored(history);
    const replay = replayed(records, { onEvent: (event, revision) => seen.push([event, revision]) });
    expect(replay.finding).toBeUndefined();
    expect(replay.head).toStrictEqual({
      revision: 6n,
      hash: (records[6]?.metadata as { hash: string }).hash,
    });
    expect(replay.state.currency).toBe('EUR');
    expect(balanceOf(replay.state, 'wallet:anna')).toBe(18_750n);
    expect(seen).toStrictEqual(history.map((event, i) => [event, BigInt(i)]));
  });

  it('wants the currency that the reader expects', () => {
    expect(replayed(stored(history), { currency: 'EUR' }).finding).toBeUndefined();
    expect(replayed(stored(history), { currency: 'BRL' }).finding).toStrictEqual({
      revision: 0n,
      code: 'currency_mismatch',
      detail: 'in EUR, the book is in BRL',
    });
  });
});

describe('a history that was tampered with', () => {
  it('is found at a changed amount', () => {
    const records = altered(5, ({ data }) => ({
      data: JSON.parse(JSON.stringify(data).replaceAll('1250', '1251')) as unknown,
    }));
    const { finding, head, state } = replayed(records);
    expect(finding).toMatchObject({ revision: 5n, code: 'hash_mismatch' });
    expect(finding?.detail).toMatch(/^the event was sealed as "[0-9a-f]{64}", but its hash is [0-9a-f]{64}$/);
    expect(head.revision).toBe(4n);
    expect(balanceOf(state, 'wallet:anna')).toBe(20_000n);
  });

  it('stays at its first finding, and reads nothing after it', () => {
    const replay = replayed(altered(4, () => ({ type: 'EntryRejected' })));
    const { finding, state } = replay;
    expect(finding).toMatchObject({ revision: 4n });
    for (const record of stored(history)) expect(replay.accept(record)).toBe(finding);
    expect(state.revision).toBe(3n);
  });

  it('is found at a removed event', () => {
    const gap = stored(history).filter((_record, i) => i !== 4);
    expect(findingIn(gap)).toStrictEqual({ revision: 4n, code: 'revision_gap' });
    expect(findingIn(renumbered(gap))).toStrictEqual({ revision: 4n, code: 'chain_broken' });
  });

  it('is found at a reordered pair', () => {
    const swapped = stored(history);
    [swapped[2], swapped[3]] = [swapped[3] as StoredRecord, swapped[2] as StoredRecord];
    expect(findingIn(swapped)).toStrictEqual({ revision: 2n, code: 'revision_gap' });
    expect(findingIn(renumbered(swapped))).toStrictEqual({ revision: 2n, code: 'chain_broken' });
  });

  it('is found at an event that stands twice', () => {
    const twice = stored(history).flatMap((record, i) => (i === 4 ? [record, record] : [record]));
    expect(findingIn(renumbered(twice))).toStrictEqual({ revision: 5n, code: 'chain_broken' });
  });

  it('is found after an event that was sealed anew', () => {
    const records = altered(4, ({ revision, type, metadata: old }) => {
      const data = { currency: 'EUR', ledger: 'it-eur', recordedAt: NOW };
      const { prev } = old as { prev: string };
      const hash = chainHash(sha256, prev, { schema: 2, ledger: 'it-eur', revision, type, data });
      return { data, id: idOfHash(hash), metadata: { schema: 2, ledger: 'it-eur', prev, hash } };
    });
    expect(findingIn(records)).toStrictEqual({ revision: 4n, code: 'event_malformed' });
  });

  const anyHash = 'f'.repeat(64);
  it.each<[string, (record: StoredRecord) => object, Finding['code']]>([
    ['another id', () => ({ id: '0197f0c0-0000-8000-8000-000000000000' }), 'id_mismatch'],
    ['another type', () => ({ type: 'EntryRejected' }), 'hash_mismatch'],
    ['a field more', ({ data }) => ({ data: { ...(data as object), note: 'pizza' } }), 'hash_mismatch'],
    ['no data', () => ({ data: undefined }), 'event_malformed'],
    ['a fraction', ({ data }) => ({ data: { ...(data as object), recordedAt: 0.5 } }), 'event_malformed'],
    ['no metadata', () => ({ metadata: undefined }), 'schema_unknown'],
    ['a version of the stored form to come', metadata({ schema: 3 }), 'schema_unknown'],
    ['metadata that nothing seals', metadata({ trace: 'x' }), 'event_malformed'],
    ['another ledger', metadata({ ledger: 'br-brl' }), 'ledger_foreign'],
    ['another predecessor', metadata({ prev: anyHash }), 'chain_broken'],
    ['another hash', metadata({ hash: anyHash }), 'hash_mismatch'],
  ])('is found at an event with %s', (_what, change, code) => {
    expect(findingIn(altered(4, change))).toStrictEqual({ revision: 4n, code });
  });

  it('is found when its nesting is too deep to hash', () => {
    const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown;
    expect(findingIn(altered(4, () => ({ data: deep })))).toStrictEqual({
      revision: 4n,
      code: 'event_malformed',
    });
  });
});

describe('a history that was sealed wrong', () => {
  const foreign = createSealer('br-brl', sha256, GENESIS);

  it('is found when it is the chain of another ledger', () => {
    expect(findingIn(renumbered([foreign.seal(created)]))).toStrictEqual({
      revision: 0n,
      code: 'ledger_foreign',
    });
  });

  it('is found when the book was created under another name', () => {
    expect(findingAfter([], { ...created, ledger: 'br-brl' } as LedgerEvent)).toStrictEqual({
      revision: 0n,
      code: 'ledger_foreign',
    });
  });

  it.each<[Finding['code'], string, LedgerEvent]>([
    ['book_created_twice', 'the book is created again', { ...created, recordedAt: NOW + 9 }],
    ['account_twice', 'an account is opened again', opened(anna, NOW + 9)],
    [
      'currency_mismatch',
      'an account has another currency',
      { ...opened({ ...anna, account: 'wallet:x' }, NOW + 9), currency: 'BRL' } as LedgerEvent,
    ],
    [
      'currency_mismatch',
      'an entry has another currency',
      posted({ ...transfer(anna, bruno, 5n, 4), currency: 'BRL' }, NOW + 9),
    ],
    [
      'account_unknown',
      'an entry touches no account',
      posted(transfer(anna, { ...bruno, account: 'wallet:x' }, 5n, 4), NOW + 9),
    ],
    ['floor_broken', 'an entry goes under a floor', posted(transfer(bruno, anna, 1_251n, 4), NOW + 9)],
    ['entry_invalid', 'a balance leaves the safe range', posted(funding(anna, 2n ** 53n - 1n, 4), NOW + 9)],
    ['entry_id_repeated', 'an entry is posted twice', { ...payment, recordedAt: NOW + 9 }],
    ['entry_id_repeated', 'a refused entry is posted', posted(transfer(anna, bruno, 5n, 3), NOW + 9)],
    [
      'entry_id_repeated',
      'a posted entry is refused',
      { ...refusal, entryId: payment.entryId, recordedAt: NOW + 9 },
    ],
    [
      'entry_id_invalid',
      'an entry id lies outside its window',
      posted(transfer(anna, bruno, 5n, 4), NOW + 1 + ENTRY_ID_WINDOW_MS),
    ],
    [
      'entry_id_invalid',
      'an entry id is none',
      posted({ ...transfer(anna, bruno, 5n), entryId: 'x' }, NOW + 9),
    ],
    ['clock_backwards', 'the clock goes back', posted(transfer(anna, bruno, 5n, 4), NOW + 2)],
  ])('is found (%s) when %s', (code, _what, wrong) => {
    expect(findingAfter(history, wrong)).toStrictEqual({ revision: 7n, code });
  });

  it('is found when it does not begin with the book', () => {
    expect(findingIn(stored([opened(anna)]))).toStrictEqual({ revision: 0n, code: 'book_not_created' });
  });
});
