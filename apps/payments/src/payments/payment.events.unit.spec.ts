import { v7 as uuidv7 } from 'uuid';
import { eventOfDecision, eventsOfCreation } from './payment.events.js';
import type { Payment } from './payment.js';

const now = new Date('2026-11-01T12:00:00.000Z');
const anna = uuidv7({ msecs: now.getTime() - 3_600_000 });
const bruno = uuidv7({ msecs: now.getTime() - 7_200_000 });

const payment: Payment = {
  id: uuidv7(),
  entryId: uuidv7(),
  payerId: anna,
  payeeId: bruno,
  amountMinor: 1250n,
  currency: 'EUR',
  market: 'it',
  ledger: 'it-eur',
  channel: 'whatsapp',
  note: 'Per la pizza, +39 333 1000001',
  status: 'created',
  revision: null,
  failureCode: null,
  createdAt: now,
  decidedAt: null,
};

describe('what a new payment tells', () => {
  it('consumers that it exists, and the ledger to debit the payer and credit the payee', () => {
    const events = eventsOfCreation(payment, { payeeIsOpen: true });
    expect(events.map((event) => event.type)).toEqual([
      'com.florin.payment.created.v1',
      'com.florin.ledger.post-entry.v1',
    ]);
    expect(events[1]?.data).toEqual({
      ledger: 'it-eur',
      entryId: payment.entryId,
      kind: 'p2p',
      currency: 'EUR',
      postings: [
        { account: `wallet:${anna}`, amount: 1250 },
        { account: `wallet:${bruno}`, amount: -1250 },
      ],
      reference: payment.id,
    });
  });

  it("has the payee's wallet opened first, under the same key, unless it is known to be open", () => {
    const events = eventsOfCreation(payment, { payeeIsOpen: false });
    expect(events.map((event) => event.type)).toEqual([
      'com.florin.payment.created.v1',
      'com.florin.ledger.open-account.v1',
      'com.florin.ledger.post-entry.v1',
    ]);
    expect(events[1]?.data).toEqual({ ledger: 'it-eur', account: `wallet:${bruno}`, owner: bruno });
    expect(events[1]?.partitionkey).toBe(events[2]?.partitionkey);
  });

  it('never the note', () => {
    expect(JSON.stringify(eventsOfCreation(payment, { payeeIsOpen: true }))).not.toContain('pizza');
  });
});

describe('what a decided payment tells', () => {
  it('completed, with the entry', () => {
    const event = eventOfDecision({ ...payment, status: 'completed', revision: 42n, decidedAt: now });
    expect(event.type).toBe('com.florin.payment.completed.v1');
    expect(event.data).toMatchObject({ ledger: 'it-eur', entryId: payment.entryId, revision: 42 });
  });

  it('failed, with the reason', () => {
    const event = eventOfDecision({
      ...payment,
      status: 'failed',
      revision: 42n,
      failureCode: 'insufficient_funds',
      decidedAt: now,
    });
    expect(event.type).toBe('com.florin.payment.failed.v1');
    expect(event.data).toMatchObject({ code: 'insufficient_funds' });
  });

  it('in the trace of what decided it', () => {
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'shop=1' };
    const decided: Payment = { ...payment, status: 'completed', revision: 42n, decidedAt: now };
    expect(eventOfDecision(decided, trace)).toMatchObject(trace);
    expect(eventOfDecision(decided)).not.toHaveProperty('traceparent');
  });

  it('nothing before it is decided', () => {
    expect(() => eventOfDecision(payment)).toThrow('is not decided');
  });
});
