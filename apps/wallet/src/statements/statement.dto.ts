import { accountIdSchema, localeSchema, marketSchema, monthSchema } from '@florin/contracts';
import { z } from 'zod';
import { formatNames } from './statement.formats.js';

const howFields = {
  market: marketSchema.optional(),
  account: accountIdSchema.optional().meta({
    description: 'Your wallet, as it is unless told: accounts in issued assets have no statements here',
  }),
  format: z.enum(formatNames).optional().meta({ description: 'Goes before the Accept header' }),
  locale: localeSchema
    .optional()
    .meta({ description: "Language of the PDF; goes before Accept-Language, then the market's" }),
};

/** Days of one statement at most. */
const maxDays = 400;
const dayMs = 86_400_000;

export const monthParamsSchema = z.strictObject({ period: monthSchema });
export const monthQuerySchema = z.strictObject(howFields);

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .meta({ examples: ['2026-10-01T00:00:00+02:00'] });

export const spanQuerySchema = z
  .strictObject({ ...howFields, from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be after from' })
  .refine(({ from, to }) => to - from <= maxDays * dayMs, {
    path: ['to'],
    error: `must be at most ${maxDays} days after from`,
  });

const minor = z.int().meta({ description: 'Minor units: positive raises the balance' });
const total = z.strictObject({
  count: z.int(),
  sum: z
    .string()
    .regex(/^[0-9]+$/)
    .meta({ description: 'Minor units, as decimal text: no balance limits what moves', examples: ['1750'] }),
});

/** What the JSON format says. */
export const statementSchema = z
  .strictObject({
    ledger: z.string(),
    account: z.string(),
    currency: z.string(),
    exponent: z.int().meta({ description: 'Minor digits of the currency' }),
    period: z.strictObject({
      label: z.string(),
      from: z.iso.datetime(),
      to: z.iso.datetime().meta({ description: 'The first instant after it' }),
      timeZone: z.string(),
    }),
    provisional: z
      .strictObject({ revision: z.int() })
      .nullable()
      .meta({ description: 'Until the period is over: the ledger revision that was read' }),
    opening: minor,
    closing: minor,
    credits: total,
    debits: total,
    lines: z.array(
      z.strictObject({
        revision: z.int(),
        entryId: z.uuid(),
        kind: z.string(),
        reference: z.string(),
        recordedAt: z.iso.datetime(),
        effectiveAt: z.iso.datetime(),
        bookingDate: z.iso.date(),
        valueDate: z.iso.date(),
        change: minor,
        balance: minor,
        reverses: z.uuid().nullable(),
      }),
    ),
    checkpoint: z.strictObject({ note: z.string(), fingerprint: z.string() }).nullable(),
    proofUrl: z.string().nullable(),
  })
  .meta({ id: 'Statement' });
