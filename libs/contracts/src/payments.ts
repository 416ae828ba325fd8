import { z } from 'zod';
import { defineEvent } from './cloud-event.js';
import { channelSchema, personIdSchema } from './identity.js';
import { rejectionCodeSchema } from './ledger.js';
import { ledgerIdSchema, marketSchema } from './markets.js';
import { moneySchema } from './money.js';
import { topics } from './topics.js';

const payment = {
  paymentId: z.uuid(),
  payerId: personIdSchema,
  payeeId: personIdSchema,
  amount: moneySchema,
  market: marketSchema,
  channel: channelSchema,
};

const subject = (data: { paymentId: string }): string => `payment/${data.paymentId}`;
const key = (data: { paymentId: string }): string => data.paymentId;

export const paymentCreated = defineEvent({
  type: 'com.florin.payment.created.v1',
  topic: topics.payments.name,
  description: 'A payment was accepted for processing; no money has moved yet.',
  data: z.object(payment),
  subject,
  key,
});

export const paymentCompleted = defineEvent({
  type: 'com.florin.payment.completed.v1',
  topic: topics.payments.name,
  description: 'The money moved: one entry, at `revision` of `ledger`.',
  data: z.object({
    ...payment,
    ledger: ledgerIdSchema,
    entryId: z.uuid(),
    revision: z.int().nonnegative(),
  }),
  subject,
  key,
});

export const paymentFailed = defineEvent({
  type: 'com.florin.payment.failed.v1',
  topic: topics.payments.name,
  description: 'The ledger refused the payment; no money moved and none will under this id.',
  data: z.object({ ...payment, code: rejectionCodeSchema }),
  subject,
  key,
});
