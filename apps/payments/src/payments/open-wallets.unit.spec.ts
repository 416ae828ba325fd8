import { OpenWallets } from './open-wallets.js';
import type { Payment } from './payment.js';

const paymentTo = (payeeId: string, changes: Partial<Payment> = {}): Payment =>
  ({ ledger: 'it-eur', payeeId, status: 'completed', ...changes }) as Payment;

describe('the wallets known to be open', () => {
  it('are those that money has arrived in, each in its ledger', () => {
    const wallets = new OpenWallets();
    for (const status of ['created', 'failed'] as const) wallets.learnFrom(paymentTo('bruno', { status }));
    expect(wallets.hasPayeeOf(paymentTo('bruno'))).toBe(false);
    wallets.learnFrom(paymentTo('bruno'));
    expect(wallets.hasPayeeOf(paymentTo('bruno', { status: 'created' }))).toBe(true);
    expect(wallets.hasPayeeOf(paymentTo('bruno', { ledger: 'br-brl' }))).toBe(false);
  });

  it('are a bounded number: who was paid longest ago is forgotten', () => {
    const wallets = new OpenWallets(2);
    for (const payeeId of ['anna', 'bruno', 'anna', 'carla']) wallets.learnFrom(paymentTo(payeeId));
    const known = ['anna', 'bruno', 'carla'].map((payeeId) => wallets.hasPayeeOf(paymentTo(payeeId)));
    expect(known).toEqual([true, false, true]);
  });
});
