import {
  cloudEvent,
  openAccount,
  paymentCompleted,
  paymentCreated,
  paymentFailed,
  postEntry,
  walletAccount,
  type CloudEvent,
} from '@florin/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Payment } from './payment.js';

const source = '/payments';

/**
 * What a new payment tells: consumers that it exists, and the ledger what to post. Unless the payee's wallet is known to be
 * open it is asked for first: the payee exists, and the event that opens it may be on its way, however long.
 */
export function eventsOfCreation(payment: Payment, { payeeIsOpen }: { payeeIsOpen: boolean }): CloudEvent[] {
  const time = payment.createdAt.toISOString();
  return [
    cloudEvent(paymentCreated, { id: uuidv7(), source, time, data: describe(payment) }),
    ...(payeeIsOpen ? [] : [openingOfPayee(payment)]),
    commandOf(payment),
  ];
}

/** What the ledger is to post for a payment. Safe to be sent again: the entry id has one outcome. */
export function commandOf(payment: Payment): CloudEvent {
  const amount = Number(payment.amountMinor);
  return cloudEvent(postEntry, {
    id: uuidv7(),
    source,
    time: payment.createdAt.toISOString(),
    data: {
      ledger: payment.ledger,
      entryId: payment.entryId,
      kind: 'p2p',
      currency: payment.currency,
      // A wallet is owed to its holder (a liability): a debit lowers it, a credit raises it.
      postings: [
        { account: walletAccount(payment.payerId), amount },
        { account: walletAccount(payment.payeeId), amount: -amount },
      ],
      reference: payment.id,
    },
  });
}

function openingOfPayee(payment: Payment): CloudEvent {
  return cloudEvent(openAccount, {
    id: uuidv7(),
    source,
    time: payment.createdAt.toISOString(),
    data: { ledger: payment.ledger, account: walletAccount(payment.payeeId), owner: payment.payeeId },
  });
}

/** What a decided payment tells, in the trace of the ledger's event that decided it. */
export function eventOfDecision(payment: Payment, cause: Partial<CloudEvent> = {}): CloudEvent {
  const { revision, failureCode, decidedAt } = payment;
  if (revision === null || decidedAt === null) throw new Error(`payment ${payment.id} is not decided`);
  const { traceparent, tracestate } = cause;
  const envelope = {
    id: uuidv7(),
    source,
    time: decidedAt.toISOString(),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
  if (failureCode !== null) {
    return cloudEvent(paymentFailed, { ...envelope, data: { ...describe(payment), code: failureCode } });
  }
  return cloudEvent(paymentCompleted, {
    ...envelope,
    data: {
      ...describe(payment),
      ledger: payment.ledger,
      entryId: payment.entryId,
      revision: Number(revision),
    },
  });
}

function describe(payment: Payment) {
  return {
    paymentId: payment.id,
    payerId: payment.payerId,
    payeeId: payment.payeeId,
    amount: { value: Number(payment.amountMinor), currency: payment.currency },
    market: payment.market,
    channel: payment.channel,
  };
}
