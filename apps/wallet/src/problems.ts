import { defineProblems } from '@florin/service-host';

type Code =
  | 'wallet-not-found'
  | 'balance-behind'
  | 'test-money-off'
  | 'market-closed'
  | 'currency-mismatch'
  | 'idempotency-key-reused'
  | 'funding-refused';

/** Every problem of this service. */
export const walletProblems = defineProblems({
  'wallet-not-found': { title: 'There is no wallet', status: 404 },
  'balance-behind': { title: 'Balances are not up to date', status: 503 },
  'test-money-off': { title: 'There is no test money here', status: 404 },
  'market-closed': { title: 'The market is not open', status: 422 },
  'currency-mismatch': { title: 'The currency is not that of the market', status: 422 },
  'idempotency-key-reused': { title: 'The Idempotency-Key was used for another request', status: 422 },
  'funding-refused': { title: 'The ledger refused the funding', status: 422 },
} satisfies Record<Code, { title: string; status: number }>);
