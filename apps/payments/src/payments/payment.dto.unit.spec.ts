import { handleMaxLength } from '@florin/contracts';
import { createPaymentSchema } from './payment.dto.js';

it.each([
  [handleMaxLength, true],
  [handleMaxLength + 1, false],
])(
  'a payee by a handle of %d characters can be paid: %s, as long as it can be linked',
  (length, possible) => {
    const body = {
      payee: { channel: 'web', handle: 'x'.repeat(length) },
      amount: { value: 1250, currency: 'EUR' },
      channel: 'web',
    };
    expect(createPaymentSchema.safeParse(body).success).toBe(possible);
  },
);
