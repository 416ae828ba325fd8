import { readFileSync } from 'node:fs';
import {
  anna,
  bruno,
  entryIdAt,
  NOW,
  posted,
  replayed,
  stored,
  testMoney,
  transfer,
  funding,
} from './given.spec.js';
import type { StoredRecord } from './stored.js';
import { asked, Scene } from './scene.spec.js';
import { balanceOf } from './state.js';
import { decodeRecord, decodeStored, schemaOf } from './upcast.js';

/** Every stored event of a history that a released version of the stored form wrote; never to be changed. */
function historyOf(version: number): StoredRecord[] {
  return textOf(version)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Omit<StoredRecord, 'revision'> & { revision: number })
    .map((record) => ({ ...record, revision: BigInt(record.revision) }));
}

function textOf(version: number): string {
  return readFileSync(new URL(`versions/${version}.ndjson`, import.meta.url), 'utf8');
}

/** One of each event that version 2 can write. */
function storyOf2(): Scene {
  const november = Date.UTC(2026, 10, 30, 23);
  const later = november + 60_000;
  const hold = (n: number) => ({
    ...{ type: 'PlaceHold' as const, holdId: entryIdAt(NOW, n), account: anna.account, currency: 'EUR' },
    ...{ amount: 1_000n, expiresAt: NOW + 60_000 + n, kind: 'order', reference: `order-${n}` },
  });
  const reserve = { ...testMoney, account: 'reserve:caffe', chart: '1010', floor: 0n, testMoney: false };
  const asset = { code: 'CAFFE', scale: 2, issuer: 'bar-1', reserve: reserve.account, backing: 1n };
  const capture = { holdId: hold(2).holdId, final: true };
  const payment = posted(transfer(anna, bruno, 1_250n, 1));
  const scene = new Scene()
    .do({ ...transfer(anna, bruno, 1_250n, 1), metadata: { paymentId: 'payment-1' } })
    .do(hold(2))
    .do(hold(3))
    .do(hold(4))
    .do({ type: 'ExtendHold', ...asked(5), holdId: hold(3).holdId, expiresAt: NOW + 90_000 })
    .do({ ...transfer(anna, bruno, 600n, 6), kind: 'order', capture }, NOW + 1)
    .do({ type: 'ReleaseHold', ...asked(7), holdId: hold(3).holdId }, NOW + 2)
    .take({ type: 'HoldExpired', holdId: hold(4).holdId, recordedAt: NOW + 70_000 })
    .do({ type: 'FreezeAccount', ...asked(8), account: bruno.account, frozen: 'in' }, NOW + 70_001);
  const refused = scene.decide(transfer(anna, bruno, 1n, 9), NOW + 70_002);
  const reverses = { entryId: payment.entryId, revision: 5n };
  return scene
    .take(...refused.events)
    .do({ type: 'UnfreezeAccount', ...asked(10), account: bruno.account }, NOW + 70_003)
    .do({ type: 'ReverseEntry', entryId: entryIdAt(later, 11), reverses, reference: 'case' }, later, payment)
    .do({ ...funding(bruno, 5n, 12), entryId: entryIdAt(later, 12), effectiveAt: november - 1 }, later)
    .do({ ...reserve, type: 'OpenAccount' }, later)
    .do({ type: 'DefineAsset', ...id(later, 13), ...asset }, later)
    .do({ ...testMoney, account: 'closed:soon' }, later)
    .do({ type: 'CloseAccount', ...id(later, 14), account: 'closed:soon' }, later)
    .do({ type: 'ClosePeriod', ...id(later, 15), period: '2026-11', until: november }, later);
}

const id = (timeMs: number, n: number) => ({ ...asked(n), commandId: entryIdAt(timeMs, n) });

describe('old history, new code', () => {
  it.each<[number, bigint, bigint, string]>([
    [1, 18_800n, 1_200n, 'bd2a3e0133df861d803ec03b6ae0aaca0dbc3fd4e337524f8c0b3ec69a70b7ed'],
    [2, 19_400n, 605n, 'd950194206af30620de5a44373202454efeea5816ab0a7c6032f1f7886f72ab8'],
  ])('version %i is read as it was written', async (version, first, second, head) => {
    const records = historyOf(version);
    const replay = replayed(records, { currency: 'EUR' });
    expect(replay.finding).toBeUndefined();
    expect(
      await replay.checkReversals((revision) => Promise.resolve(records[Number(revision)])),
    ).toBeUndefined();
    expect(replay.head).toStrictEqual({ revision: BigInt(records.length - 1), hash: head });
    const wallets = [...replay.state.accounts.keys()].filter((account) => account.startsWith('wallet:'));
    expect(wallets.map((account) => balanceOf(replay.state, account))).toStrictEqual([first, second]);
  });

  it('what this version writes is what it wrote when it was released, one of each event', () => {
    const { events } = storyOf2();
    const lines = stored(events).map(({ revision, ...rest }) =>
      JSON.stringify({ revision: Number(revision), ...rest }),
    );
    expect(`${lines.join('\n')}\n`).toBe(textOf(2));
    expect(new Set(events.map(({ type }) => type)).size).toBe(13);
  });

  it('an entry of version 1 took effect when it was recorded', () => {
    const { type, data } = historyOf(1)[4] as StoredRecord;
    expect(decodeStored(1, type, data)).toMatchObject({
      recordedAt: 1795165203000,
      effectiveAt: 1795165203000,
    });
  });

  it('an event of version 1 has nothing of version 2', () => {
    const { type, data } = historyOf(1)[4] as StoredRecord;
    expect(() => decodeStored(1, type, { ...(data as object), effectiveAt: 5 })).toThrow(
      'data: effectiveAt is not a known field',
    );
    const released = historyOf(2).find((record) => record.type === 'HoldReleased') as StoredRecord;
    expect(() => decodeStored(1, released.type, released.data)).toThrow(
      expect.objectContaining({
        code: 'event_unknown',
        message: '"HoldReleased" is not a type of event of version 1',
      }),
    );
  });

  it.each([undefined, null, 'schema', 2])('metadata %p name no version', (metadata) => {
    expect(schemaOf(metadata)).toBeUndefined();
    expect(() => decodeRecord({ type: 'EntryPosted', data: {}, metadata })).toThrow(
      'the stored form has version none, but only 1 to 2 are known',
    );
  });

  it('says which version it does not know', () => {
    expect(() => decodeStored('3', 'EntryPosted', {})).toThrow('the stored form has version "3", but only');
  });

  it.each([0, 3, 1.5, '1', null, undefined])('version %p is not skipped: it stops the reader', (schema) => {
    expect(() => decodeStored(schema, 'EntryPosted', {})).toThrow(
      /only 1 to 2 are known: a newer program wrote it/,
    );
  });
});
