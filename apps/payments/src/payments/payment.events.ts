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

/** What a new payment tells: consumers that it exists, and the ledger what to post. */
export function eventsOfCreation(payment: Payment): CloudEvent[] {
  const time = payment.createdAt.toISOString();
  return [
    cloudEvent(paymentCreated, { id: uuidv7(), source, time, data: describe(payment) }),
    ...(isNewcomer(payment.payeeId, payment.createdAt) ? [walletOpening(payment, payment.payeeId)] : []),
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

const newcomerMs = 60_000;

/**
 * Somebody who registered a moment ago may not have a wallet yet: the event that opens it is on its way. Their id tells, being a
 * UUIDv7 (RFC 9562), whose first 48 bits are the time in ms.
 */
export function isNewcomer(personId: string, now: Date): boolean {
  if (personId.charAt(14) !== '7') return false;
  const registeredAtMs = Number.parseInt(personId.slice(0, 8) + personId.slice(9, 13), 16);
  return now.getTime() - registeredAtMs < newcomerMs;
}

function walletOpening(payment: Payment, personId: string): CloudEvent {
  return cloudEvent(openAccount, {
    id: uuidv7(),
    source,
    time: payment.createdAt.toISOString(),
    data: { ledger: payment.ledger, account: walletAccount(personId), owner: personId },
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
