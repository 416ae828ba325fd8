import type { RejectionCodeDto } from '@florin/contracts';
import { defineProblems, type ProblemDefinition } from '@florin/service-host';
import type { CreatePaymentRefusal } from './payments/create-payment.handler.js';

type Code =
  CreatePaymentRefusal | 'payment-not-found' | 'insufficient-funds' | 'wallet-missing' | 'payment-refused';

/** Every problem of this service. Those of the ledger leave a failed payment behind, the others leave nothing. */
export const paymentProblems = defineProblems({
  'payee-unknown': { title: 'The payee is not known', status: 404 },
  'payee-is-payer': { title: 'The payee is the payer', status: 422 },
  'market-closed': { title: 'The market is not open', status: 422 },
  'currency-mismatch': { title: 'The currency is not that of the market', status: 422 },
  'idempotency-key-reused': { title: 'The Idempotency-Key was used for another payment', status: 422 },
  'payment-not-found': { title: 'The payment does not exist', status: 404 },
  'insufficient-funds': { title: 'The balance is too low', status: 422 },
  'wallet-missing': { title: 'There is no wallet', status: 422 },
  'payment-refused': { title: 'The ledger refused the payment', status: 422 },
} satisfies Record<Code, { title: string; status: number }>);

/** The problem that a refusal of the ledger is to the payer. */
export const failureProblems = {
  insufficient_funds: paymentProblems['insufficient-funds'],
  account_unknown: paymentProblems['wallet-missing'],
  currency_mismatch: paymentProblems['currency-mismatch'],
  entry_invalid: paymentProblems['payment-refused'],
} satisfies Record<RejectionCodeDto, ProblemDefinition>;
