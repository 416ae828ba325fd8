import type { FailureCodeDto } from '@florin/contracts';
import { commonProblems, defineProblems, type ProblemDefinition } from '@florin/service-host';
import type { CreatePaymentRefusal } from './payments/create-payment.handler.js';

type Code =
  | CreatePaymentRefusal
  | 'payment-not-found'
  | 'insufficient-funds'
  | 'wallet-missing'
  | 'wallet-frozen'
  | 'wallet-closed'
  | 'payment-refused';

/** Every problem of this service. Those of the ledger leave a failed payment behind, the others leave nothing. */
export const paymentProblems = defineProblems({
  'payee-unknown': commonProblems['payee-unknown'],
  'payee-is-payer': { title: 'The payee is the payer', status: 422 },
  'market-closed': commonProblems['market-closed'],
  'currency-mismatch': commonProblems['currency-mismatch'],
  'idempotency-key-reused': commonProblems['idempotency-key-reused'],
  'payment-not-found': { title: 'The payment does not exist', status: 404 },
  'insufficient-funds': { title: 'The balance is too low', status: 422 },
  'wallet-missing': { title: 'There is no wallet', status: 422 },
  'wallet-frozen': { title: 'A wallet is frozen', status: 422 },
  'wallet-closed': { title: 'A wallet is closed', status: 422 },
  'payment-refused': { title: 'The ledger refused the payment', status: 422 },
} satisfies Record<Code, { title: string; status: number }>);

/** The problem that a refusal of the ledger is to the payer. */
export const failureProblems = {
  insufficient_funds: paymentProblems['insufficient-funds'],
  account_unknown: paymentProblems['wallet-missing'],
  currency_mismatch: paymentProblems['currency-mismatch'],
  entry_invalid: paymentProblems['payment-refused'],
  account_frozen: paymentProblems['wallet-frozen'],
  account_closed: paymentProblems['wallet-closed'],
} satisfies Record<FailureCodeDto, ProblemDefinition>;
