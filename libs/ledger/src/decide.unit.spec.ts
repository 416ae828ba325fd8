import type { Decision } from './decide.js';
import { ENTRY_ID_AHEAD_MS, ENTRY_ID_WINDOW_MS } from './entry-id.js';
import type { RejectionCode } from './entry.js';
import type { LedgerEvent } from './events.js';
import {
  anna,
  bruno,
  created,
  entryIdAt,
  funding,
  given,
  NOW,
  opened,
  posted,
  testMoney,
  transfer,
} from './given.spec.js';
import type { PostEntry } from './commands.js';
import { MAX_AMOUNT } from './money.js';

const accounts = [created, opened(testMoney), opened(anna), opened(bruno)];
const funded = [...accounts, posted(funding(anna, 20_000n))];
const repeated: Decision = { outcome: 'repeated', events: [] };

function refused(
  command: PostEntry,
  code: RejectionCode,
): { outcome: 'refused'; code: RejectionCode; events: LedgerEvent[] } {
  const { entryId, kind, reference } = command;
  return {
    outcome: 'refused',
    code,
    events: [{ type: 'EntryRejected', entryId, kind, code, reference, recordedAt: NOW }],
  };
}

describe('opening an account', () => {
  it('creates the book with the first one', () => {
    given()
      .when(testMoney)
      .then({ outcome: 'accepted', events: [created, opened(testMoney)] });
  });

  it('creates the book once', () => {
    given(created)
      .when(testMoney)
      .then({ outcome: 'accepted', events: [opened(testMoney)] });
  });

  it('adds the next ones', () => {
    given(created, opened(testMoney))
      .when(anna)
      .then({ outcome: 'accepted', events: [opened(anna)] });
  });

  it('changes nothing when the same account is open', () => {
    given(...funded)
      .when(anna)
      .then(repeated);
  });

  it.each([
    { owner: 'bruno' },
    { class: 'asset' as const },
    { chart: '2020' },
    { floor: null },
    { testMoney: true },
  ])('leaves an open account alone when the command differs by %j', (change) => {
    given(...accounts)
      .when({ ...anna, ...change })
      .then({ outcome: 'unacceptable', code: 'account_conflict', events: [] });
  });

  it.each([
    ['an id without a kind', { account: 'anna' }],
    ['an owner that is a name', { owner: 'Anna Bianchi' }],
    ['a chart number of letters', { chart: 'main' }],
    ['a floor above zero, where it opens', { floor: 1n }],
    ['a floor beyond the safe range', { floor: -MAX_AMOUNT - 1n }],
  ])('does not record %s', (_what, change) => {
    given(created)
      .when({ ...anna, ...change })
      .then({ outcome: 'unacceptable', code: 'command_invalid', events: [] });
  });
});

describe('posting an entry', () => {
  const payment = transfer(anna, bruno, 1_250n, 1);

  it('records a balanced entry as it was asked for', () => {
    given(...funded)
      .when(payment)
      .then({
        outcome: 'accepted',
        events: [
          {
            type: 'EntryPosted',
            entryId: payment.entryId,
            kind: 'p2p',
            currency: 'EUR',
            postings: [
              { account: 'wallet:anna', amount: 1_250n },
              { account: 'wallet:bruno', amount: -1_250n },
            ] as never,
            reference: 'payment-1',
            effectiveAt: NOW,
            recordedAt: NOW,
          },
        ],
      });
  });

  it('takes a wallet down to its floor', () => {
    const all = transfer(anna, bruno, 20_000n, 1);
    given(...funded)
      .when(all)
      .then({ outcome: 'accepted', events: [posted(all)] });
  });

  it('takes an account without a floor as low as it goes', () => {
    const more = funding(bruno, 1_000_000n, 1);
    given(...accounts)
      .when(more)
      .then({ outcome: 'accepted', events: [posted(more)] });
  });

  it('refuses what goes under the floor by one cent', () => {
    const tooMuch = transfer(anna, bruno, 20_001n, 1);
    given(...funded)
      .when(tooMuch)
      .then(refused(tooMuch, 'insufficient_funds'));
  });

  it('refuses an account that was never opened, even when funds are missing too', () => {
    const lost = transfer(anna, { ...bruno, account: 'wallet:carla' }, 90_000n, 1);
    given(...funded)
      .when(lost)
      .then(refused(lost, 'account_unknown'));
  });

  it('refuses another currency', () => {
    const foreign = { ...payment, currency: 'BRL' };
    given(...funded)
      .when(foreign)
      .then(refused(foreign, 'currency_mismatch'));
  });

  it.each([
    [
      'unbalanced',
      [
        { account: 'wallet:anna', amount: 5n },
        { account: 'wallet:bruno', amount: -4n },
      ],
    ],
    ['one posting', [{ account: 'wallet:anna', amount: 5n }]],
    [
      'a zero',
      [
        { account: 'wallet:anna', amount: 0n },
        { account: 'wallet:bruno', amount: 0n },
      ],
    ],
    [
      'the same account twice',
      [
        { account: 'wallet:anna', amount: 5n },
        { account: 'wallet:anna', amount: -5n },
      ],
    ],
  ])('refuses postings with %s', (_what, postings) => {
    const wrong = { ...payment, postings };
    given(...funded)
      .when(wrong)
      .then(refused(wrong, 'entry_invalid'));
  });

  it('refuses what would take a balance beyond the safe range', () => {
    const last = funding(bruno, MAX_AMOUNT, 1);
    const oneMore = funding(bruno, 1n, 2);
    given(...accounts, posted(last))
      .when(oneMore)
      .then(refused(oneMore, 'entry_invalid'));
  });

  it('records a refusal in a book that was empty, too', () => {
    const { code, events } = refused(payment, 'account_unknown');
    given()
      .when(payment)
      .then({ outcome: 'refused', code, events: [created, ...events] });
  });

  it('has one outcome for an entry id: accepted stays accepted', () => {
    given(...funded, posted(payment))
      .when(payment)
      .then(repeated);
    given(...funded, posted(payment))
      .when({ ...payment, postings: [] })
      .then(repeated);
  });

  it('has one outcome for an entry id: refused stays refused when the funds have come', () => {
    const tooEarly = refused(payment, 'insufficient_funds').events;
    given(...accounts, ...tooEarly, posted(funding(anna, 20_000n, 2)))
      .when(payment)
      .then(repeated);
  });

  it.each([
    ['a kind of another alphabet', { kind: 'Peer to peer' }],
    ['a reference with words', { reference: 'for the pizza' }],
    ['a reference that is too long', { reference: 'x'.repeat(65) }],
  ])('does not record %s', (_what, change) => {
    given(...funded)
      .when({ ...payment, ...change })
      .then({ outcome: 'unacceptable', code: 'command_invalid', events: [] });
  });
});

describe('the time of an entry id', () => {
  const at = (timeMs: number): PostEntry => ({ ...transfer(anna, bruno, 1n), entryId: entryIdAt(timeMs, 9) });

  it('may be as old as the window and as far ahead as clocks may differ', () => {
    for (const timeMs of [NOW - ENTRY_ID_WINDOW_MS, NOW + ENTRY_ID_AHEAD_MS]) {
      given(...funded)
        .when(at(timeMs))
        .then({ outcome: 'accepted', events: [posted(at(timeMs))] });
    }
  });

  it('is expired before the window', () => {
    given(...funded)
      .when(at(NOW - ENTRY_ID_WINDOW_MS - 1))
      .then({ outcome: 'unacceptable', code: 'entry_id_expired', events: [] });
  });

  it('is invalid when it lies in the future', () => {
    given(...funded)
      .when(at(NOW + ENTRY_ID_AHEAD_MS + 1))
      .then({ outcome: 'unacceptable', code: 'entry_id_invalid', events: [] });
  });

  it.each(['', 'payment-1', '0197f0c0-0000-4000-8000-000000000000', entryIdAt(NOW).toUpperCase()])(
    'cannot be read from "%s"',
    (entryId) => {
      given(...funded)
        .when({ ...at(NOW), entryId })
        .then({ outcome: 'unacceptable', code: 'entry_id_invalid', events: [] });
    },
  );

  it('is judged by the clock of the book, which never goes back', () => {
    const payment = at(NOW);
    given(...funded)
      .when(payment, NOW - ENTRY_ID_WINDOW_MS)
      .then({ outcome: 'accepted', events: [posted(payment, NOW)] });
  });
});
