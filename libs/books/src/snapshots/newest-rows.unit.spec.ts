import type { AccountRow } from '@florin/ledger';
import fc from 'fast-check';
import { decodeAccounts, encodeAccounts } from './accounts-codec.js';
import { NewestRows } from './newest-rows.js';

function row(id: string, debitBalance: number): AccountRow {
  const kind = { class: 'liability', chart: '2010', currency: 'EUR', floor: 0n, testMoney: false } as const;
  const rest = { held: 0n, frozen: null, closed: false, holds: [] };
  return { account: { id, owner: null, ...kind }, debitBalance: BigInt(debitBalance), ...rest };
}

const stored = (rows: readonly AccountRow[]) =>
  decodeAccounts(encodeAccounts(rows.map((one) => ({ row: one, segment: 1 }))));

describe('NewestRows', () => {
  it('has each account as the first record has it, as a map would', () => {
    const record = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), (records, chunk) => {
        const newest = new NewestRows();
        const expected = new Map<string, AccountRow>();
        records.forEach((numbers, of) => {
          const rows = numbers.map((n) => row(`wallet:${String(n).padStart(2, '0')}`, of)).sort(byId);
          for (const one of rows) if (!expected.has(one.account.id)) expected.set(one.account.id, one);
          for (let i = 0; i < rows.length; i += chunk) newest.take(stored(rows.slice(i, i + chunk)));
          newest.endRecord();
        });
        expect(newest.rows.toSorted(byId)).toEqual([...expected.values()].toSorted(byId));
      }),
    );
  });

  it('takes no accounts that are not in order, in one chunk or between two', () => {
    const newest = new NewestRows();
    newest.take(stored([row('wallet:b', 1)]));
    expect(() => newest.take(stored([row('wallet:a', 1)]))).toThrow('wallet:a comes after wallet:b');
    expect(() => newest.take(stored([row('wallet:b', 1)]))).toThrow('wallet:b comes after wallet:b');
    newest.endRecord();
    expect(() => newest.take(stored([row('wallet:b', 1), row('wallet:a', 1)]))).toThrow('comes after');
  });
});

function byId(a: AccountRow, b: AccountRow): number {
  return a.account.id < b.account.id ? -1 : 1;
}
