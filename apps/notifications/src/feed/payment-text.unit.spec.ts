import { localeSchema, failureCodeSchema } from '@florin/contracts';
import { paymentText } from './payment-text.js';

describe('what people are told', () => {
  it('of a payment sent, in their language', () => {
    const words = { amount: '12,50 €', counterparty: 'Bruno R.' };
    expect(paymentText({ kind: 'payment_sent' }, words, 'it')).toBe('Hai inviato 12,50 € a Bruno R.');
    expect(paymentText({ kind: 'payment_sent' }, words, 'en')).toBe('You sent 12,50 € to Bruno R.');
    expect(paymentText({ kind: 'payment_sent' }, words, 'pt')).toBe('Você enviou 12,50 € para Bruno R.');
  });

  it('of a payment received, in their language', () => {
    const words = { amount: '12,50 €', counterparty: 'Anna' };
    expect(paymentText({ kind: 'payment_received' }, words, 'it')).toBe('Hai ricevuto 12,50 € da Anna.');
    expect(paymentText({ kind: 'payment_received' }, words, 'en')).toBe('You received 12,50 € from Anna.');
    expect(paymentText({ kind: 'payment_received' }, words, 'pt')).toBe('Você recebeu 12,50 € de Anna.');
  });

  it('reads well without a name', () => {
    const words = { amount: '€1.00' };
    expect(paymentText({ kind: 'payment_sent' }, words, 'en')).toBe('You sent €1.00.');
    expect(paymentText({ kind: 'payment_received' }, words, 'en')).toBe('You received €1.00.');
    expect(paymentText({ kind: 'payment_failed', code: 'insufficient_funds' }, words, 'en')).toBe(
      'Your payment of €1.00 did not go through: there is not enough money in your wallet. Nothing was taken from your wallet.',
    );
  });

  it('says why a payment failed, for every reason and language', () => {
    const words = { amount: '500,00 €', counterparty: 'Anna B.' };
    expect(paymentText({ kind: 'payment_failed', code: 'insufficient_funds' }, words, 'it')).toBe(
      'Il pagamento di 500,00 € a Anna B. non è riuscito: il saldo non basta. Non ti è stato addebitato nulla.',
    );
    for (const locale of localeSchema.options) {
      const texts = failureCodeSchema.options.map((code) =>
        paymentText({ kind: 'payment_failed', code }, words, locale),
      );
      expect(new Set(texts).size).toBe(failureCodeSchema.options.length);
    }
  });
});
