import { commonProblems, defineProblems } from '@florin/service-host';

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
  'market-closed': commonProblems['market-closed'],
  'currency-mismatch': commonProblems['currency-mismatch'],
  'idempotency-key-reused': commonProblems['idempotency-key-reused'],
  'funding-refused': { title: 'The ledger refused the funding', status: 422 },
} satisfies Record<Code, { title: string; status: number }>);
