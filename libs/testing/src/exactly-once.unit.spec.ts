import { type Evidence, exactlyOnce, type Finding, type PersonsView } from './exactly-once.js';

const payment = { id: 'p1', payerId: 'anna', payeeId: 'bruno', value: 30, status: 'completed' } as const;
const sent = { paymentId: 'p1', kind: 'payment_sent' };
const received = { paymentId: 'p1', kind: 'payment_received' };
const anna: PersonsView = {
  id: 'anna',
  balance: 70,
  history: [{ paymentId: 'p1', value: -30 }],
  feed: [sent],
  streamed: [sent],
};
const bruno: PersonsView = {
  id: 'bruno',
  balance: 130,
  history: [{ paymentId: 'p1', value: 30 }],
  feed: [received],
};
const auditor = {
  verified: true,
  trialBalance: 0,
  entries: 3,
  balances: { 'wallet:anna': 70, 'wallet:bruno': 130, cash: -200 },
};
/** Two people, each funded with 100, and a payment between them of which all is well. */
const well: Evidence = { taken: [payment], people: [anna, bruno], funding: 100, auditor };

/** The troubles, and of what. */
const found = (evidence: Evidence) =>
  [...new Set(exactlyOnce(evidence).map(({ trouble, of }: Finding) => `${trouble} ${of}`))].sort();
const withAnna = (changes: Partial<PersonsView>): Evidence => ({
  ...well,
  people: [{ ...anna, ...changes }, bruno],
});
const withStatus = (status: 'created' | 'failed' | null): Evidence => ({
  ...well,
  taken: [{ ...payment, status }],
});

describe('the check of what was taken', () => {
  it('finds nothing where all is well', () => {
    expect(exactlyOnce(well)).toEqual([]);
  });

  it.each<[string, Evidence, string[]]>([
    ['a payment that nobody knows any more', withStatus(null), ['lost p1']],
    ['one that has failed', withStatus('failed'), ['lost p1']],
    ['one that does not come to its end', withStatus('created'), ['stuck p1']],
    ['one answer to two requests', { ...well, taken: [payment, payment] }, ['lost p1']],
    [
      'one that is entered nowhere',
      {
        ...well,
        people: [
          { ...anna, history: [], balance: 100 },
          { ...bruno, history: [], balance: 100 },
        ],
        auditor: { ...auditor, entries: 2, balances: { 'wallet:anna': 100, 'wallet:bruno': 100 } },
      },
      ['lost p1', 'unbalanced ledger'],
    ],
    [
      'one that is entered twice',
      {
        ...well,
        people: [
          { ...anna, history: [...anna.history, ...anna.history], balance: 40 },
          { ...bruno, history: [...bruno.history, ...bruno.history], balance: 160 },
        ],
        auditor: { ...auditor, entries: 4, balances: { 'wallet:anna': 40, 'wallet:bruno': 160 } },
      },
      ['doubled p1', 'unbalanced ledger'],
    ],
    [
      'one that is entered with another amount',
      withAnna({ history: [{ paymentId: 'p1', value: -31 }] }),
      ['doubled p1', 'lost p1', 'unbalanced anna'],
    ],
    [
      'one that nobody asked for',
      withAnna({ history: [...anna.history, { paymentId: 'p2', value: 5 }] }),
      ['doubled p2', 'unbalanced anna'],
    ],
    ['a side that was not told', withAnna({ feed: [] }), ['lost p1']],
    ['a side that was told twice', withAnna({ feed: [sent, sent] }), ['doubled p1']],
    ['a side that was told of the other', withAnna({ feed: [received] }), ['doubled p1', 'lost p1']],
    ['a stream that left it out', withAnna({ streamed: [] }), ['lost p1']],
    ['a stream that told it twice', withAnna({ streamed: [sent, sent] }), ['doubled p1']],
    ['a balance that is not the sum of the history', withAnna({ balance: 71 }), ['unbalanced anna']],
    [
      'a balance that is not in the replay',
      { ...well, auditor: { ...auditor, balances: { 'wallet:anna': 70 } } },
      ['unbalanced bruno'],
    ],
    [
      'a log that does not verify',
      { ...well, auditor: { ...auditor, verified: false } },
      ['unbalanced ledger'],
    ],
    ['a trial balance', { ...well, auditor: { ...auditor, trialBalance: 1 } }, ['unbalanced ledger']],
    [
      'an entry that nothing explains',
      { ...well, auditor: { ...auditor, entries: 4 } },
      ['unbalanced ledger'],
    ],
  ])('finds %s', (_what, evidence, troubles) => {
    expect(found(evidence)).toEqual(troubles);
  });
});
