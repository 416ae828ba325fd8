import { z } from 'zod';

/**
 * An amount on the wire: integer minor units (cents) and an ISO 4217 code, `{"value": 1250, "currency": "EUR"}`.
 * Positive, and bounded to the safe integer range so that no JSON parser can round it. Inside, amounts are `bigint`.
 */
export const moneySchema = z
  .strictObject({
    value: z
      .int({ error: 'must be a whole number of minor units (cents), at most 9007199254740991' })
      .positive({ error: 'must be greater than zero' }),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR'),
  })
  .meta({
    id: 'Money',
    description: 'Integer minor units with an ISO 4217 currency',
    examples: [{ value: 1250, currency: 'EUR' }],
  });

export type MoneyDto = z.infer<typeof moneySchema>;
