import { channelSchema, handleText, moneySchema, failureCodeSchema, visibleText } from '@florin/contracts';
import { pageFields, pageOf } from '@florin/service-host';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Payment } from './payment.js';

export const createPaymentSchema = z
  .strictObject({
    payee: z.strictObject({ channel: channelSchema, handle: handleText }).meta({
      description: 'Who gets the money, by a handle of theirs: a phone number in E.164, a user name',
    }),
    amount: moneySchema,
    note: visibleText(140, { min: 0, lines: true }).optional(),
    channel: channelSchema.meta({ description: 'The conversation in which the payment is made' }),
  })
  .meta({
    id: 'CreatePayment',
    examples: [
      {
        payee: { channel: 'phone', handle: '+393331000002' },
        amount: { value: 1250, currency: 'EUR' },
        note: 'Pizza',
        channel: 'whatsapp',
      },
    ],
  });
export type CreatePaymentDto = z.infer<typeof createPaymentSchema>;

export const paymentSchema = z
  .strictObject({
    id: z.uuid(),
    status: z.enum(['created', 'completed', 'failed']),
    payerId: z.uuid(),
    payeeId: z.uuid(),
    amount: moneySchema,
    note: z.string().nullable(),
    channel: channelSchema,
    createdAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
    entry: z
      .strictObject({ ledger: z.string(), id: z.uuid(), revision: z.int() })
      .nullable()
      .meta({ description: 'The ledger entry that moved the money' }),
    failure: failureCodeSchema.nullable(),
  })
  .meta({ id: 'Payment' });
export type PaymentDto = z.infer<typeof paymentSchema>;

const created: PaymentDto = {
  id: '0193b1f6-7f2e-7000-8000-000000000001',
  status: 'created',
  payerId: '0193b1f6-7f2e-7000-8000-00000000000a',
  payeeId: '0193b1f6-7f2e-7000-8000-00000000000b',
  amount: { value: 1250, currency: 'EUR' },
  note: 'Pizza',
  channel: 'whatsapp',
  createdAt: '2026-11-21T12:00:00.000Z',
  decidedAt: null,
  entry: null,
  failure: null,
};

/** Payments as they are answered, for the documentation. */
export const paymentExamples = {
  created,
  completed: {
    ...created,
    status: 'completed',
    decidedAt: '2026-11-21T12:00:00.120Z',
    entry: { ledger: 'it-eur', id: '0193b1f6-7f2e-7000-8000-0000000000e1', revision: 42 },
  },
} satisfies Record<string, PaymentDto>;

export const listPaymentsSchema = z.strictObject(pageFields(z.uuid()));

export const paymentIdSchema = z.strictObject({ id: z.uuid() });

export const paymentPageSchema = pageOf(paymentSchema).meta({ id: 'PaymentPage' });

export function toPaymentDto(payment: Payment): PaymentDto {
  return {
    id: payment.id,
    status: payment.status,
    payerId: payment.payerId,
    payeeId: payment.payeeId,
    amount: { value: Number(payment.amountMinor), currency: payment.currency },
    note: payment.note,
    channel: payment.channel,
    createdAt: payment.createdAt.toISOString(),
    decidedAt: payment.decidedAt?.toISOString() ?? null,
    entry:
      payment.status === 'completed' && payment.revision !== null
        ? { ledger: payment.ledger, id: payment.entryId, revision: Number(payment.revision) }
        : null,
    failure: payment.failureCode,
  };
}

/** Fingerprint of what was asked, so that a key used again for something else is told apart. */
export function inputHash(body: CreatePaymentDto): string {
  const canonical = JSON.stringify([
    body.payee.channel,
    body.payee.handle,
    body.amount.value,
    body.amount.currency,
    body.note ?? null,
    body.channel,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}
