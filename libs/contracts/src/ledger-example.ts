/** What the examples of the ledger's commands and events tell of: Anna pays Bruno for a pizza. */
export const anna = 'wallet:01a1fdfa-4600-7000-8000-00000000a44a';
export const bruno = 'wallet:01a1fdfa-4600-7000-8000-00000000b4b0';
export const ledger = 'it-eur';
export const source = '/ledgers/it-eur';
export const pizza = {
  ledger,
  entryId: '01a1fdfa-4610-7000-8000-0000000e0001',
  kind: 'p2p' as const,
  reference: '01a1fdfa-4610-7000-8000-0000000009a1',
};
export const postings = [
  { account: anna, amount: 1250 },
  { account: bruno, amount: -1250 },
];

/** Money of Anna's that is set aside for an order. */
export const hold = {
  ...{ ledger, holdId: '01a1fdfa-4610-7000-8000-0000000d0001', account: anna, currency: 'EUR', amount: 3000 },
  ...{ expiresAt: '2026-11-27T12:00:00.000Z', kind: 'order' as const },
  reference: '01a1fdfa-4610-7000-8000-00000000f001',
};

/** A command of an operator's. */
export const asked = {
  ledger,
  commandId: '01a1fdfa-4610-7000-8000-0000000c0001',
  reference: 'case-2026-117',
};
export const extension = {
  ...asked,
  holdId: hold.holdId,
  expiresAt: '2026-11-30T12:00:00.000Z',
  reference: hold.reference,
};
export const asset = {
  ...{ ...asked, code: 'CAFFE', scale: 2, issuer: bruno.slice('wallet:'.length) },
  ...{ reserve: bruno, backing: 1 },
};
/** Anna's account in that asset. */
export const purse = {
  ...{ account: anna.replace('wallet', 'caffe'), owner: anna.slice('wallet:'.length) },
  ...{ class: 'liability' as const, chart: '2110', currency: 'CAFFE', floor: 0 },
};
