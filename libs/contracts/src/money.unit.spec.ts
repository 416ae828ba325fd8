import { moneySchema } from './money.js';

describe('an amount on the wire', () => {
  it.each([1, 1250, Number.MAX_SAFE_INTEGER])('is %s minor units', (value) => {
    expect(moneySchema.parse({ value, currency: 'EUR' })).toEqual({ value, currency: 'EUR' });
  });

  it.each([
    ['zero', 0, 'amount-zero'],
    ['minus zero', -0, 'amount-zero'],
    ['negative', -1, 'amount-negative'],
    ['fractional', 12.5, 'amount-fractional'],
    ['beyond the safe integers', Number.MAX_SAFE_INTEGER + 1, 'amount-too-large'],
  ])('is refused with a code of its own when it is %s', (_, value, problem) => {
    const { error } = moneySchema.safeParse({ value, currency: 'EUR' });
    expect(error?.issues).toEqual([expect.objectContaining({ path: ['value'], params: { problem } })]);
  });

  it.each([
    ['a text', '100'],
    ['nothing', undefined],
    ['NaN', Number.NaN],
    ['infinite', Infinity],
  ])('is refused when it is %s', (_, value) => {
    expect(moneySchema.safeParse({ value, currency: 'EUR' }).success).toBe(false);
  });
});
