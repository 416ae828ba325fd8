import { cloudEvent, paymentCompleted, paymentFailed } from '@florin/contracts';
import { messageOf, newsOf } from './news.js';

const anna = '0199d6a0-0000-7000-8000-00000000000a';
const bruno = '0199d6a0-0000-7000-8000-00000000000b';
const data = {
  paymentId: '0199d6a0-0000-7000-8000-000000000001',
  payerId: anna,
  payeeId: bruno,
  amount: { value: 1250, currency: 'EUR' },
  market: 'it',
  channel: 'whatsapp',
} as const;
const envelope = { id: 'event-1', source: '/florin/payments', time: '2026-11-20T10:00:00Z' };
const completed = cloudEvent(paymentCompleted, {
  ...envelope,
  data: { ...data, ledger: 'it-eur', entryId: '0199d6a0-0000-7000-8000-000000000002', revision: 7 },
});
const failed = cloudEvent(paymentFailed, { ...envelope, data: { ...data, code: 'insufficient_funds' } });
const common = { eventId: 'event-1', paymentId: data.paymentId, market: 'it', valueMinor: 1250n };

describe('the news of a payment', () => {
  it('goes to both sides when money moved', () => {
    expect(newsOf(completed)).toEqual([
      { ...common, personId: anna, counterpartyId: bruno, outcome: { kind: 'payment_sent' } },
      { ...common, personId: bruno, counterpartyId: anna, outcome: { kind: 'payment_received' } },
    ]);
  });

  it('goes to the payer alone when it failed', () => {
    expect(newsOf(failed)).toEqual([
      {
        ...common,
        personId: anna,
        counterpartyId: bruno,
        outcome: { kind: 'payment_failed', code: 'insufficient_funds' },
      },
    ]);
  });

  it("is told in the person's language, else in the market's", () => {
    const [sent] = newsOf(completed);
    expect(messageOf(sent!, { locale: 'en', counterparty: 'Bruno R.' })).toEqual({
      locale: 'en',
      text: 'You sent €12.50 to Bruno R.',
    });
    expect(messageOf(sent!, { locale: null, counterparty: undefined })).toEqual({
      locale: 'it',
      text: 'Hai inviato 12,50\u00a0€.',
    });
  });
});
