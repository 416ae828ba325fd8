import { localeSchema, rejectionCodeSchema } from '@florin/contracts';
import { paymentText } from './payment-text.js';

describe('what people are told', () => {
  it('of a payment sent, in their language', () => {
    const sent = { kind: 'payment_sent', amount: '12,50 €', counterparty: 'Bruno R.' } as const;
    expect(paymentText(sent, 'it')).toBe('Hai inviato 12,50 € a Bruno R.');
    expect(paymentText(sent, 'en')).toBe('You sent 12,50 € to Bruno R.');
    expect(paymentText(sent, 'pt')).toBe('Você enviou 12,50 € para Bruno R.');
  });

  it('of a payment received, in their language', () => {
    const received = { kind: 'payment_received', amount: '12,50 €', counterparty: 'Anna' } as const;
    expect(paymentText(received, 'it')).toBe('Hai ricevuto 12,50 € da Anna.');
    expect(paymentText(received, 'en')).toBe('You received 12,50 € from Anna.');
    expect(paymentText(received, 'pt')).toBe('Você recebeu 12,50 € de Anna.');
  });

  it('reads well without a name', () => {
    expect(paymentText({ kind: 'payment_sent', amount: '€1.00' }, 'en')).toBe('You sent €1.00.');
    expect(paymentText({ kind: 'payment_received', amount: '€1.00' }, 'en')).toBe('You received €1.00.');
    expect(paymentText({ kind: 'payment_failed', amount: '€1.00', code: 'insufficient_funds' }, 'en')).toBe(
      'Your payment of €1.00 did not go through: there is not enough money in your wallet. Nothing was taken from your wallet.',
    );
  });

  it('says why a payment failed, for every reason and language', () => {
    const failed = { kind: 'payment_failed', amount: '500,00 €', counterparty: 'Anna B.' } as const;
    expect(paymentText({ ...failed, code: 'insufficient_funds' }, 'it')).toBe(
      'Il pagamento di 500,00 € a Anna B. non è riuscito: il saldo non basta. Non ti è stato addebitato nulla.',
    );
    for (const locale of localeSchema.options) {
      const texts = rejectionCodeSchema.options.map((code) => paymentText({ ...failed, code }, locale));
      expect(new Set(texts).size).toBe(rejectionCodeSchema.options.length);
    }
  });
});
