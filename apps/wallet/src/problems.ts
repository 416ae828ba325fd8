import { commonProblems, defineProblems } from '@florin/service-host';

type Code =
  | 'wallet-not-found'
  | 'balance-behind'
  | 'test-money-off'
  | 'market-closed'
  | 'currency-mismatch'
  | 'idempotency-key-reused'
  | 'funding-refused'
  | 'statement-not-begun'
  | 'statement-too-long'
  | 'not-acceptable';

/** Every problem of this service but those of proofs. */
export const walletProblems = defineProblems({
  'wallet-not-found': { title: 'There is no wallet', status: 404 },
  'balance-behind': { title: 'Balances are not up to date', status: 503 },
  'test-money-off': { title: 'There is no test money here', status: 404 },
  'market-closed': commonProblems['market-closed'],
  'currency-mismatch': commonProblems['currency-mismatch'],
  'idempotency-key-reused': commonProblems['idempotency-key-reused'],
  'funding-refused': { title: 'The ledger refused the funding', status: 422 },
  'statement-not-begun': { title: 'That time has not begun', status: 404 },
  'statement-too-long': { title: 'The statement has too many lines', status: 422 },
  'not-acceptable': { title: 'There is no such format', status: 406 },
} satisfies Record<Code, { title: string; status: number }>);

/** What can be wrong with a question for a proof. */
export const proofProblems = defineProblems({
  'ledger-not-found': { title: 'There is no such ledger', status: 404 },
  'checkpoint-not-found': { title: 'There is no such checkpoint', status: 404 },
  'tile-not-found': { title: 'There is no such tile', status: 404 },
  'entry-not-found': { title: 'There is no such entry', status: 404 },
  'checkpoint-behind': { title: 'No checkpoint covers it yet', status: 503 },
  'account-not-found': { title: 'There is no such account', status: 404 },
  'proof-not-made': { title: 'The proof is not made yet', status: 503 },
});

/** What can be wrong with a question about how things stood. */
export const pastProblems = defineProblems({
  'ledger-not-found': { title: 'There is no such ledger', status: 404 },
  'account-not-found': { title: 'There is no such account', status: 404 },
  'currency-not-found': { title: 'There is no such currency or asset', status: 404 },
  'point-ahead': { title: 'That point is still to come', status: 404 },
  'point-before-ledger': { title: 'The ledger had not begun', status: 404 },
  'past-busy': { title: 'Too many questions about the past', status: 503 },
});

/** What the ledger's own API can answer. */
export const ledgerProblems = defineProblems({
  'ledger-not-found': { title: 'There is no such ledger', status: 404 },
  'account-not-found': { title: 'There is no such account', status: 404 },
  'ledger-refused': { title: 'The ledger refused it', status: 422 },
  'batch-refused': { title: 'The ledger refused the whole batch', status: 422 },
  'batch-too-large': { title: 'The batch is too large to be taken at once', status: 422 },
  'id-reused': { title: 'The id was used for something else', status: 409 },
});
