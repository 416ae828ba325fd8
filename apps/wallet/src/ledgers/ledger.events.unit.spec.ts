import { accountOpened, rejectionCodeSchema, testMoneyAccount } from '@florin/contracts';
import { decide, emptyLedger, encodeEvent, evolve, rejectionCodes, SCHEMA } from '@florin/ledger';
import { toPublished } from './ledger.events.js';
import { openTestMoney, openWallet } from './ledger.js';

const personId = '01a1fdfa-4600-7000-8000-00000000a44a';
const recordedAt = Date.UTC(2026, 10, 21, 12);

it('tells of an account what its natural balance follows from', () => {
  const opened = [openTestMoney, openWallet(personId)].flatMap((command) => {
    const created = decide(emptyLedger('it-eur', 'EUR'), openWallet('somebody'), recordedAt).events;
    return decide(created.reduce(evolve, emptyLedger('it-eur', 'EUR')), command, recordedAt).events;
  });
  const published = opened.map((event) =>
    toPublished('it-eur', {
      id: '4bf92f35-77b3-8da6-a3ce-929d0e0e4736',
      type: event.type,
      revision: 3n,
      data: encodeEvent(event),
      metadata: { schema: SCHEMA },
      created: new Date(recordedAt),
    }),
  );
  const wallet = { account: `wallet:${personId}`, owner: personId, class: 'liability' };
  expect(published.map((event) => accountOpened.data.parse(event?.data))).toStrictEqual([
    {
      ledger: 'it-eur',
      revision: 3,
      account: testMoneyAccount,
      owner: null,
      class: 'asset',
      currency: 'EUR',
    },
    { ledger: 'it-eur', revision: 3, ...wallet, currency: 'EUR' },
  ]);
});

it('has a word in the contract for every reason to refuse', () => {
  expect(rejectionCodeSchema.options).toStrictEqual([...rejectionCodes]);
});
