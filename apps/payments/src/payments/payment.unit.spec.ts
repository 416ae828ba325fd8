import {
  isFinal,
  isVisibleTo,
  predecessorsOf,
  transitions,
  type Payment,
  type PaymentStatus,
} from './payment.js';

const payment: Payment = {
  id: '0193a7a0-0000-7000-8000-000000000001',
  entryId: '0193a7a0-0000-7000-8000-000000000002',
  payerId: 'anna',
  payeeId: 'bruno',
  amountMinor: 1250n,
  currency: 'EUR',
  market: 'it',
  ledger: 'it-eur',
  channel: 'whatsapp',
  note: null,
  status: 'created',
  revision: null,
  failureCode: null,
  createdAt: new Date(0),
  decidedAt: null,
};

describe('the payment state machine', () => {
  it('names only states that exist as successors', () => {
    const states = Object.keys(transitions);
    for (const successors of Object.values(transitions)) {
      for (const successor of successors) expect(states).toContain(successor);
    }
  });

  it('ends in completed or failed and leaves neither', () => {
    const final = (Object.keys(transitions) as PaymentStatus[]).filter(isFinal);
    expect(final).toEqual(['completed', 'failed']);
    expect(predecessorsOf('completed')).toEqual(['created']);
    expect(predecessorsOf('failed')).toEqual(['created']);
    expect(predecessorsOf('created')).toEqual([]);
  });
});

describe('who sees a payment', () => {
  it.each([
    ['created', 'anna', true],
    ['failed', 'anna', true],
    ['completed', 'anna', true],
    ['created', 'bruno', false],
    ['failed', 'bruno', false],
    ['completed', 'bruno', true],
    ['completed', 'carla', false],
  ] as const)('%s: %s -> %s', (status, person, visible) => {
    expect(isVisibleTo({ ...payment, status }, person)).toBe(visible);
  });
});
