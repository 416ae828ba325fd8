import type { Sql } from '@florin/messaging';
import { v7 as uuidv7 } from 'uuid';
import { createPaymentHandler } from './create-payment.handler.js';
import type { Payment } from './payment.js';
import { PaymentWaiters } from './payment.waiters.js';

/** Takes payments of one person while the ledger is silent. */
function silentLedger() {
  const waiters = new PaymentWaiters({ ofPerson: 2, ofAll: 10 });
  const payerId = uuidv7();
  // Whatever is inserted is stored; nothing is found.
  const sql: Sql = {
    query: (text, [ids] = []) =>
      Promise.resolve(text.includes('INSERT') ? (ids as string[]).map((id) => ({ id })) : []),
  };
  const handler = createPaymentHandler({
    sql,
    findPayee: () => Promise.resolve({ found: { personId: uuidv7(), market: 'it' } }),
    waiters,
    openMarkets: ['it'],
    wakeRelay: () => undefined,
    now: () => new Date(),
  });
  const pay = async (): Promise<Payment> => {
    const result = await handler({
      payerId,
      accessToken: '',
      idempotencyKey: uuidv7(),
      body: {
        payee: { channel: 'phone', handle: '+393331000002' },
        amount: { value: 1250, currency: 'EUR' },
        channel: 'whatsapp',
      },
      waitMs: 60_000,
    });
    if (!('payment' in result)) throw new Error(`refused: ${result.refused}`);
    return result.payment;
  };
  return { pay, waiters };
}

it('a payment beyond those that may wait is answered at once, as one under way', async () => {
  const { pay, waiters } = silentLedger();
  const waiting = [pay(), pay()];
  expect((await pay()).status).toBe('created');
  expect(waiters.size).toBe(2);
  waiters.close();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(['created', 'created']);
});
