import { accountToOpenSchema, openingSchema, postEntry, type AccountToOpenDto } from './index.js';

const reserve: AccountToOpenDto = {
  ...{ account: 'reserve:caffe', owner: null, class: 'liability', chart: '2020', floor: 0 },
};
const personId = '01a1fdfa-4600-7000-8000-00000000a44a';
const wallet: AccountToOpenDto = {
  ...reserve,
  ...{ account: `wallet:${personId}`, owner: personId, chart: '2010' },
};

describe('an account to open', () => {
  it.each<[string, AccountToOpenDto]>([
    ['a reserve', reserve],
    ['an account without a floor', { ...reserve, class: 'asset', floor: null }],
    ['an account in an issued asset', { ...reserve, account: 'caffe:anna', currency: 'CAFFE' }],
    ['a wallet, on the terms of all wallets', wallet],
  ])('may be %s', (_what, terms) => {
    expect(accountToOpenSchema.parse(terms)).toEqual(terms);
    expect(openingSchema.parse({ ledger: 'it-eur', ...terms })).toEqual({ ledger: 'it-eur', ...terms });
  });

  it.each<[string, object]>([
    ['a floor that cannot hold', { ...reserve, floor: 1 }],
    ['a floor in fractions', { ...reserve, floor: -0.5 }],
    ['no class', { ...reserve, class: 'reserve' }],
    ['no number of the chart', { ...reserve, chart: '20' }],
    ['the supply of an asset', { ...reserve, account: 'supply:caffe' }],
    ['a source of test money', { ...reserve, account: 'source:test-money' }],
    ['units of an asset that it may owe', { ...reserve, currency: 'CAFFE', floor: -1 }],
    ['units of an asset without a floor', { ...reserve, currency: 'CAFFE', floor: null }],
    ['units of an asset that are ours', { ...reserve, currency: 'CAFFE', class: 'asset' }],
    ['a wallet without a floor', { ...wallet, floor: null }],
    ['a wallet in an asset', { ...wallet, currency: 'CAFFE' }],
    ['a wallet of somebody else', { ...wallet, owner: '01a1fdfa-4600-7000-8000-00000000b4b0' }],
    ['a wallet of nobody', { ...wallet, owner: null }],
    ['a wallet that is an asset of ours', { ...wallet, class: 'asset' }],
  ])('cannot have or be %s', (_what, terms) => {
    expect(accountToOpenSchema.safeParse(terms).success).toBe(false);
    expect(openingSchema.safeParse({ ledger: 'it-eur', ...terms }).success).toBe(false);
  });
});

it('units are issued and redeemed by entries of these kinds, which are nothing else', () => {
  const said = (kind: string, account: string) => {
    const entry = { ...postEntry.example.data, kind, currency: 'CAFFE' };
    const postings = [
      { account, amount: 5 },
      { account: 'caffe:anna', amount: -5 },
    ];
    return postEntry.data.safeParse({ ...entry, postings }).success;
  };
  for (const kind of ['issue', 'redeem']) {
    expect([said(kind, 'supply:caffe'), said(kind, 'caffe:bruno')]).toEqual([true, false]);
  }
  for (const kind of ['p2p', 'reserve', 'order']) {
    expect([said(kind, 'supply:caffe'), said(kind, 'caffe:bruno')]).toEqual([false, true]);
  }
});
