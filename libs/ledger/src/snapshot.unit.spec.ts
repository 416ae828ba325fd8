import type { DefineAsset, OpenAccount, PlaceHold } from './commands.js';
import { ENTRY_ID_WINDOW_MS, packIds } from './entry-id.js';
import { anna, bruno, entryIdAt, funding, NOW, testMoney, transfer } from './given.spec.js';
import { asked, Scene } from './scene.spec.js';
import { bookText, holdsByAccount, restoreBook, summaryOf, type AccountRow } from './snapshot.js';
import type { LedgerState } from './state.js';

const reserve: OpenAccount = { ...testMoney, account: 'reserve:caffe', floor: 0n, testMoney: false };
const asset = { code: 'CAFFE', scale: 2, issuer: 'bar-1', reserve: reserve.account, backing: 10n };
const define: DefineAsset = { type: 'DefineAsset', ...asked(80), ...asset };
const hold = (n: number, account = anna.account): PlaceHold => ({
  ...{ type: 'PlaceHold', holdId: entryIdAt(NOW, n), account, currency: 'EUR', amount: BigInt(n) },
  ...{ expiresAt: NOW + n, kind: 'order', reference: '' },
});
const first = transfer(anna, bruno, 100n, 1);
const second = transfer(anna, bruno, 200n, 2);
const reversal = (of: typeof first, n: number) => ({
  ...({ type: 'ReverseEntry', entryId: entryIdAt(NOW, n), reference: '' } as const),
  reverses: { entryId: of.entryId, revision: 5n },
});

/** A book with something of everything: reversed entries out of order, holds, a frozen account, a reserve. */
function scene(): Scene {
  const book = new Scene().do(second).do(first).do(reserve).do(define);
  for (const [of, n] of [
    [second, 4],
    [first, 3],
  ] as const) {
    const original = book.events.find(
      (event) => event.type === 'EntryPosted' && event.entryId === of.entryId,
    );
    book.do(reversal(of, n), NOW, original);
  }
  return book
    .do(funding(bruno, 1_000n, 5))
    .do(hold(52))
    .do(hold(53, bruno.account))
    .do(hold(51))
    .do({ type: 'FreezeAccount', ...asked(81), account: bruno.account, frozen: 'in' });
}

/** What a snapshot keeps of a book, through JSON where that is how it is kept. */
function restored(state: LedgerState, ids = [state.entryIds.packed()]): LedgerState {
  const holds = holdsByAccount(state);
  const rows = [...state.accounts.values()].map((row): AccountRow => ({
    ...row,
    holds: holds.get(row.account.id) ?? [],
  }));
  return restoreBook(JSON.parse(JSON.stringify(summaryOf(state))) as never, rows.toReversed(), ids);
}

describe('a book that is kept and restored', () => {
  it('is the same in every respect', () => {
    const { state } = scene();
    const back = restored(state);
    const inOrder = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const part of ['accounts', 'holds', 'assets', 'backings'] as const) {
      expect(inOrder<unknown>(back[part])).toStrictEqual(inOrder<unknown>(state[part]));
    }
    expect(back).toMatchObject({
      ...{ ledger: 'it-eur', currency: 'EUR', revision: state.revision, recordedAt: NOW },
      ...{ lastPeriod: null, openFrom: 0, reversed: state.reversed },
    });
    expect(back.entryIds.packed()).toStrictEqual(state.entryIds.packed());
    expect(back.movements.toJSON()).toStrictEqual(state.movements.toJSON());
    expect(bookText(back)).toBe(bookText(state));
  });

  it('decides as it did', () => {
    const back = restored(scene().state);
    const original = scene();
    for (const command of [first, funding(bruno, 1n, 90), transfer(anna, bruno, 19_898n, 91), hold(51)]) {
      const again = new Scene([]);
      again.state = back;
      expect(again.decide(command)).toStrictEqual(original.decide(command));
    }
  });

  it('leaves out the ids whose time is over', () => {
    const { state } = scene();
    const old = packIds([entryIdAt(NOW - 2 * ENTRY_ID_WINDOW_MS)]);
    expect(restored(state, [state.entryIds.packed(), old]).entryIds.size).toBe(state.entryIds.size);
  });
});

describe('the summary of a book', () => {
  it('is in one order, with amounts as texts', () => {
    const { state } = scene();
    expect(summaryOf(state)).toStrictEqual({
      ...{ ledger: 'it-eur', currency: 'EUR', revision: String(state.revision), recordedAt: NOW },
      ...{ lastPeriod: null, openFrom: 0, reversed: [first.entryId, second.entryId] },
      movements: state.movements.toJSON(),
      assets: [{ ...asset, backing: '10' }],
    });
  });
});

describe('the text of a book', () => {
  it('says all that the book knows', () => {
    const { state } = scene();
    const at = Math.floor(NOW / 900_000);
    const account = (id: string, more: object, rest: object) => ({
      account: {
        ...{ chart: '2010', class: 'liability', currency: 'EUR', floor: '0', id: id },
        ...{ owner: id.replace('wallet:', ''), testMoney: false, ...more },
      },
      ...{ closed: false, debitBalance: '0', frozen: null, held: '0', holds: [], ...rest },
    });
    const platform = { class: 'asset', owner: null };
    const held = (n: number) => ({ amount: String(n), expiresAt: NOW + n, id: entryIdAt(NOW, n) });
    expect(JSON.parse(bookText(state))).toStrictEqual({
      ...(JSON.parse(JSON.stringify(summaryOf(state))) as object),
      movements: [
        [
          at,
          6,
          [
            ['EUR', 'asset', '21000', '0'],
            ['EUR', 'liability', '600', '21600'],
          ],
        ],
      ],
      accounts: [
        account('reserve:caffe', { ...platform, chart: '1900' }, {}),
        account(
          'source:test-money',
          { ...platform, chart: '1900', floor: null, testMoney: true },
          { debitBalance: '21000' },
        ),
        account('supply:caffe', { class: 'asset', chart: '1800', currency: 'CAFFE', owner: 'bar-1' }, {}),
        account('wallet:anna', {}, { debitBalance: '-20000', held: '103', holds: [held(51), held(52)] }),
        account('wallet:bruno', {}, { debitBalance: '-1000', frozen: 'in', held: '53', holds: [held(53)] }),
      ],
      ids: [...state.entryIds.packed()],
    });
  });

  it('is the same whatever the order in which it came to know it', () => {
    const accounts = [anna, bruno, { ...anna, account: 'wallet:carla' }];
    const holds = [hold(51), hold(52), hold(53)];
    const told = (turn: <T>(list: T[]) => T[]) => {
      const book = new Scene([]).do(testMoney);
      for (const one of turn(accounts)) book.do(one);
      book.do(funding(anna, 1_000n, 1));
      for (const one of turn(holds)) book.do(one);
      return bookText(book.state);
    };
    expect(told((list) => list.toReversed())).toBe(told((list) => list));
  });
});
