import { markets, type MarketCode, type FailureCodeDto } from '@florin/contracts';
import { outboxColumns, type Sql } from '@florin/messaging';
import { grouped, marketClosed } from '@florin/service-host';
import { v7 as uuidv7 } from 'uuid';
import type { FindPayee, FoundPayee, Payee } from '../payees/payee.client.js';
import { OpenWallets } from './open-wallets.js';
import { inputHash, type CreatePaymentDto } from './payment.dto.js';
import { eventsOfCreation } from './payment.events.js';
import { isFinal, type Payment } from './payment.js';
import { findByIds, findByKey, insertPayments, type NewPayment } from './payment.store.js';
import type { PaymentWaiters } from './payment.waiters.js';

export interface CreatePayment {
  readonly payerId: string;
  /** The payer's own access token: the payee is looked up in their name. */
  readonly accessToken: string;
  readonly idempotencyKey: string;
  readonly body: CreatePaymentDto;
  /** How long the caller is willing to wait for the outcome. */
  readonly waitMs: number;
}

/** Why a payment was not taken; nothing was stored. */
export type CreatePaymentRefusal =
  'payee-unknown' | 'payee-is-payer' | 'market-closed' | 'currency-mismatch' | 'idempotency-key-reused';

export interface CreatePaymentRefused {
  readonly refused: CreatePaymentRefusal;
  readonly detail: string;
}

export type CreatePaymentResult = { readonly payment: Payment } | CreatePaymentRefused;

interface Deps {
  readonly sql: Sql;
  readonly findPayee: FindPayee;
  readonly waiters: PaymentWaiters;
  readonly openMarkets: readonly MarketCode[];
  /** Tells the relay that the outbox has something. */
  readonly wakeRelay: () => void;
  readonly now: () => Date;
}

/** Many requests share a statement: each payment asks for one of the first, and of the second while it waits. */
interface Working extends Deps {
  readonly insert: (taken: NewPayment) => Promise<boolean>;
  readonly find: (id: string) => Promise<Payment | undefined>;
}

/** How often a waiting request looks for itself, for outcomes that another instance heard of. */
const recheckMs = 250;

/**
 * Takes a payment: stores it with its command to the ledger in one transaction and waits for the outcome.
 * The payer's key makes it safe to send again: the same request gets the same payment, a different one is refused.
 */
export function createPaymentHandler(given: Deps) {
  const wallets = new OpenWallets();
  const deps: Working = {
    ...given,
    insert: grouped((taken) => insertPayments(given.sql, taken)),
    find: grouped((ids) => findByIds(given.sql, ids)),
  };
  return async (command: CreatePayment): Promise<CreatePaymentResult> => {
    const hash = inputHash(command.body);
    const checked = check(deps, command, await deps.findPayee(command.body.payee, command.accessToken));
    if (!('payee' in checked)) {
      // A request that was taken before gets its answer even where its payee can no longer be found.
      const known = await findByKey(deps.sql, command.payerId, command.idempotencyKey);
      if (known !== undefined) return repeated(deps, command, known, hash);
      if ('unavailable' in checked) throw checked.unavailable;
      return checked;
    }

    const payment = newPayment(command, checked.payee, deps.now());
    const events = eventsOfCreation(payment, { payeeIsOpen: wallets.hasPayeeOf(payment) });
    const inserted = await deps.insert({
      payment,
      idempotencyKey: command.idempotencyKey,
      inputHash: hash,
      told: outboxColumns(events),
    });
    if (!inserted) {
      const first = await findByKey(deps.sql, command.payerId, command.idempotencyKey);
      if (first === undefined) throw new Error('a payment that blocked an insert cannot be found');
      return repeated(deps, command, first, hash);
    }
    deps.wakeRelay();
    const decided = await outcome(deps, payment, command.waitMs);
    wallets.learnFrom(decided);
    return { payment: decided };
  };
}

/** What can be said of a payment without the ledger. */
function check(
  { openMarkets }: Deps,
  { payerId, body }: CreatePayment,
  lookedUp: FoundPayee,
): { payee: Payee } | { unavailable: Error } | CreatePaymentRefused {
  if ('unavailable' in lookedUp) return lookedUp;
  const payee = lookedUp.found;
  if (payee === undefined) {
    const { channel, handle } = body.payee;
    return { refused: 'payee-unknown', detail: `Nobody is known as ${handle} on ${channel}.` };
  }
  if (payee.personId === payerId) {
    return { refused: 'payee-is-payer', detail: 'The payee is your own account; choose somebody else.' };
  }
  const market = markets[payee.market];
  if (!openMarkets.includes(market.code)) {
    return { refused: 'market-closed', detail: marketClosed(market.code).detail };
  }
  if (body.amount.currency !== market.currency) {
    return {
      refused: 'currency-mismatch',
      detail: `The payee is paid in ${market.currency}, not in ${body.amount.currency}.`,
    };
  }
  return { payee };
}

async function repeated(
  deps: Working,
  command: CreatePayment,
  known: { payment: Payment; inputHash: string },
  hash: string,
): Promise<CreatePaymentResult> {
  if (known.inputHash !== hash) {
    return {
      refused: 'idempotency-key-reused',
      detail: 'This Idempotency-Key was used before for a different payment; use a new one.',
    };
  }
  return { payment: await outcome(deps, known.payment, command.waitMs) };
}

/** The payment once it is decided, or as it is now when the time is over or too many wait: to wait is a preference. */
async function outcome(deps: Working, payment: Payment, waitMs: number): Promise<Payment> {
  if (isFinal(payment.status) || waitMs <= 0) return payment;
  const decided = await deps.waiters.within(payment.payerId, () => waitForOutcome(deps, payment, waitMs));
  return decided ?? payment;
}

async function waitForOutcome(deps: Working, payment: Payment, waitMs: number): Promise<Payment> {
  const deadline = deps.now().getTime() + waitMs;
  let current = payment;
  while (!isFinal(current.status) && !deps.waiters.closed) {
    const left = deadline - deps.now().getTime();
    if (left <= 0) return current;
    const settled = await deps.waiters.wait(payment.id, Math.min(left, recheckMs));
    current = settled ?? (await deps.find(payment.id)) ?? current;
  }
  return current;
}

function newPayment(
  { payerId, body }: CreatePayment,
  payee: { personId: string; market: MarketCode },
  now: Date,
): Payment {
  return {
    id: uuidv7(),
    entryId: uuidv7(),
    payerId,
    payeeId: payee.personId,
    amountMinor: BigInt(body.amount.value),
    currency: body.amount.currency,
    market: payee.market,
    ledger: markets[payee.market].ledger,
    channel: body.channel,
    note: body.note ?? null,
    status: 'created',
    revision: null,
    failureCode: null,
    createdAt: now,
    decidedAt: null,
  };
}

/** What a refusal of the ledger means to the payer. */
export const failureSentences = {
  insufficient_funds: 'Your balance is too low for this payment.',
  account_unknown: 'The payer or the payee has no wallet in this market yet.',
  currency_mismatch: 'The wallets of this payment hold another currency.',
  entry_invalid: 'The ledger could not accept this payment.',
  account_frozen: 'A wallet of this payment is frozen.',
  account_closed: 'A wallet of this payment is closed.',
} as const satisfies Record<FailureCodeDto, string>;
