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

const source = '/payments';
const pizza: z.infer<z.ZodObject<typeof payment>> = {
  paymentId: '01a1fdfa-4610-7000-8000-0000000009a1',
  payerId: '01a1fdfa-4600-7000-8000-00000000a44a',
  payeeId: '01a1fdfa-4600-7000-8000-00000000b4b0',
  amount: { value: 1250, currency: 'EUR' },
  market: 'it',
  channel: 'whatsapp',
};

export const paymentCreated = defineEvent({
  type: 'com.florin.payment.created.v1',
  topic: topics.payments.name,
  description: 'A payment was accepted for processing; no money has moved yet.',
  data: z.object(payment),
  subject,
  key,
  example: { id: '01a1fdfa-4611-7000-8000-000000000006', source, data: pizza },
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
  example: {
    id: '01a1fdfa-4612-7000-8000-000000000007',
    source,
    data: { ...pizza, ledger: 'it-eur', entryId: '01a1fdfa-4610-7000-8000-0000000e0001', revision: 42 },
  },
});

/** Why the ledger refused a payment; `entry_invalid` also stands for what a payment cannot be refused for. */
export const failureCodeSchema = rejectionCodeSchema.extract([
  'insufficient_funds',
  'account_unknown',
  'currency_mismatch',
  'entry_invalid',
  'account_frozen',
  'account_closed',
]);
export type FailureCodeDto = z.infer<typeof failureCodeSchema>;

export const paymentFailed = defineEvent({
  type: 'com.florin.payment.failed.v1',
  topic: topics.payments.name,
  description: 'The ledger refused the payment; no money moved and none will under this id.',
  data: z.object({ ...payment, code: failureCodeSchema }),
  subject,
  key,
  example: {
    id: '01a1fdfa-4613-7000-8000-000000000008',
    source,
    data: { ...pizza, code: 'insufficient_funds' },
  },
});
