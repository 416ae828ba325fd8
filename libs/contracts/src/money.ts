import { z } from 'zod';

/**
 * An amount on the wire: integer minor units (cents) and an ISO 4217 code, `{"value": 1250, "currency": "EUR"}`.
 * Positive, and bounded to the safe integer range so that no JSON parser can round it. Inside, amounts are `bigint`.
 */
export const moneySchema = z
  .strictObject({
    value: z
      .number({ error: 'must be a whole number of minor units (cents)' })
      .check(({ value, issues }) => {
        const mistake = amountMistake(value);
        if (mistake) issues.push({ code: 'custom', input: value, ...mistake });
      })
      .meta({ type: 'integer', exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR'),
  })
  .meta({
    id: 'Money',
    description: 'Integer minor units with an ISO 4217 currency',
    examples: [{ value: 1250, currency: 'EUR' }],
  });

export type MoneyDto = z.infer<typeof moneySchema>;

/** What is wrong with an amount; `params.problem` is the code of the problem that a caller gets. */
function amountMistake(value: number): { message: string; params: { problem: string } } | undefined {
  const mistake = (problem: string, message: string) => ({ message, params: { problem } });
  if (value === 0) return mistake('amount-zero', 'must be greater than zero');
  if (value < 0) return mistake('amount-negative', 'must be greater than zero, not negative');
  if (!Number.isInteger(value)) {
    return mistake('amount-fractional', 'must be a whole number of minor units (cents)');
  }
  if (Number.isSafeInteger(value)) return undefined;
  return mistake('amount-too-large', `must be at most ${Number.MAX_SAFE_INTEGER}`);
}
