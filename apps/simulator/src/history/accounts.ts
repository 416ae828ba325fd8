import type { Account } from '../model/book.js';
import type { AccountClass } from '../model/commands.js';
import type { Order } from './steps.js';

const people = ['anna', 'bruno', 'carla', 'dario', 'elena', 'fabio'];
/** Assets that may be issued. */
export const codes = ['CAFFE', 'GOLD24', 'MILES'];

/** Every account that may be opened; some never are. */
export const accounts: readonly (Order & { type: 'OpenAccount' })[] = [
  account('source:test-money', 'asset', '1900', null, { testMoney: true }),
  ...people.map((name) => account(`wallet:${name}`, 'liability', '2010', 0n, { owner: name })),
  account('wallet:overdrawn', 'liability', '2010', -500n, { owner: 'overdrawn' }),
  account('wallet:large', 'liability', '2020', null, { owner: 'large' }),
  account('fees:payments', 'income', '4010', null),
  account('cost:disputes', 'expense', '5010', 0n),
  account('capital:own', 'equity', '3010', null),
  ...codes.map((code) => account(`reserve:${code.toLowerCase()}`, 'asset', '1010', 0n)),
  ...codes.flatMap((currency) =>
    ['anna', 'bruno'].map((owner) =>
      account(`${currency.replace(/\d/g, '').toLowerCase()}:${owner}`, 'liability', '2510', 0n, {
        owner,
        currency,
      }),
    ),
  ),
  // More units than there are would be with others, had they these: so no book opens them.
  account('caffe:credit', 'liability', '2510', -1_000n, { currency: 'CAFFE' }),
  account('caffe:vault', 'asset', '1010', null, { currency: 'CAFFE' }),
];

function account(
  id: string,
  accountClass: AccountClass,
  chart: string,
  floor: bigint | null,
  more: { owner?: string; testMoney?: boolean; currency?: string } = {},
): Order & { type: 'OpenAccount' } {
  const { owner = null, testMoney = false, ...rest } = more;
  return { type: 'OpenAccount', account: id, owner, class: accountClass, chart, floor, testMoney, ...rest };
}

/** An account that was never opened. */
export const nobody: Account = {
  ...{ id: 'wallet:nobody', owner: null, class: 'liability', chart: '2010', currency: 'EUR', floor: 0n },
  ...{ testMoney: false, postings: [], frozen: null, closed: false },
};
