import {
  accountOpened,
  entryPosted,
  eventDefinitions,
  holdReleased,
  metadataKeySchema,
  periodClosed,
  rejectionCodeSchema,
  testMoneyAccount,
  topics,
  type CloudEvent,
} from '@florin/contracts';
import {
  decide,
  emptyLedger,
  encodeEvent,
  evolve,
  metadataKeys,
  rejectionCodes,
  SCHEMA,
  type LedgerCommand,
  type LedgerEvent,
} from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';
import { toPublished } from './ledger.events.js';
import { openTestMoney, openWallet } from './ledger.js';

const personId = '01a1fdfa-4600-7000-8000-00000000a44a';
const otherId = '01a1fdfa-4600-7000-8000-00000000b4b0';
const wallet = `wallet:${personId}`;
const other = `wallet:${otherId}`;
const now = Date.UTC(2026, 10, 21, 12);

const newId = () => uuidv7({ msecs: now });
const asked = () => ({ commandId: newId(), reference: 'case-1' });
const entry = (from: string, to: string, amount: bigint) => ({
  ...{ type: 'PostEntry' as const, entryId: newId(), kind: 'p2p', currency: 'EUR', reference: 'r' },
  postings: [
    { account: from, amount },
    { account: to, amount: -amount },
  ],
});
const hold = (amount: bigint) => ({
  ...{ type: 'PlaceHold' as const, holdId: newId(), account: wallet, currency: 'EUR', amount },
  ...{ expiresAt: now + 1_000, kind: 'order', reference: 'o-1' },
});

/** What is published of a book that took these commands, one after the other; `at` is ms after `now`. */
function publishedOf(commands: readonly (LedgerCommand & { readonly at?: number })[]): CloudEvent[] {
  let state = emptyLedger('it-eur', 'EUR');
  const log: LedgerEvent[] = [];
  for (const { at = 0, ...command } of commands) {
    const original = command.type === 'ReverseEntry' ? log[Number(command.reverses.revision)] : undefined;
    for (const event of decide(state, command, now + at, original).events) {
      log.push(event);
      state = evolve(state, event);
    }
  }
  return log.flatMap((event, revision) => {
    const stored = { id: uuidv7(), type: event.type, data: encodeEvent(event) };
    const place = { revision: BigInt(revision), metadata: { schema: SCHEMA }, created: new Date(now) };
    return toPublished('it-eur', { ...stored, ...place }) ?? [];
  });
}

function everyEvent(): CloudEvent[] {
  const [kept, extended, expiring] = [hold(30n), hold(20n), hold(10n)];
  const payment = entry(wallet, other, 5n);
  const capture = {
    ...entry(wallet, other, 12n),
    kind: 'order',
    capture: { holdId: kept.holdId, final: true },
  };
  const asset = { code: 'CAFFE', scale: 2, issuer: otherId, reserve: other, backing: 1n };
  const last = openWallet('01a1fdfa-4600-7000-8000-00000000c4a0') as { account: string } & LedgerCommand;
  return publishedOf([
    openTestMoney,
    openWallet(personId),
    openWallet(otherId),
    entry('source:test-money', wallet, 100n),
    payment,
    ...[kept, extended, expiring, capture],
    { type: 'ExtendHold', ...asked(), holdId: extended.holdId, expiresAt: now + 5_000 },
    { type: 'ReleaseHold', ...asked(), holdId: extended.holdId },
    { type: 'ExpireHolds', limit: 5, at: 1_000 },
    { type: 'FreezeAccount', ...asked(), account: wallet, frozen: 'out', at: 1_000 },
    entry(wallet, other, 1n),
    { type: 'UnfreezeAccount', ...asked(), account: wallet, at: 1_000 },
    last,
    { type: 'CloseAccount', ...asked(), account: last.account },
    { type: 'CloseAccount', ...asked(), account: wallet },
    { type: 'ClosePeriod', ...asked(), period: '2026-10', until: Date.UTC(2026, 9, 31, 23) },
    { type: 'DefineAsset', ...asked(), ...asset },
    {
      ...{ type: 'ReverseEntry', entryId: newId(), reference: 'case-1' },
      reverses: { entryId: payment.entryId, revision: 5n },
    },
  ]);
}

const find = (events: CloudEvent[], type: string) => events.filter((event) => event.type === type);

it('tells of everything but the creation of the book, each as its contract says', () => {
  const events = everyEvent();
  const own = eventDefinitions().filter(({ topic }) => topic === topics.ledgerEntries.name);
  for (const { type, data } of own) {
    const found = find(events, type);
    expect([type, found.length > 0]).toEqual([type, true]);
    for (const event of found) expect(data.parse(event.data)).toStrictEqual(event.data);
  }
  const revisions = events.map(({ data }) => (data as { revision: number }).revision);
  expect(revisions).toEqual(Array.from({ length: events.length }, (_, index) => index + 1));
});

it('tells how a hold ended, what an entry captured and which entry it undid', () => {
  const events = everyEvent();
  expect(find(events, holdReleased.type).map(({ data }) => data)).toMatchObject([
    { reason: 'released', reference: 'case-1' },
    { reason: 'expired' },
  ]);
  const entries = find(events, entryPosted.type).map(({ data }) => entryPosted.data.parse(data));
  expect(entries.map(({ captures, reverses }) => [captures?.final, reverses])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    [true, undefined],
    [undefined, entries[1]?.entryId],
  ]);
});

it('tells what a month comes to', () => {
  expect(find(everyEvent(), periodClosed.type)[0]?.data).toMatchObject({
    ...{ period: '2026-10', from: '1970-01-01T00:00:00.000Z', until: '2026-10-31T23:00:00.000Z' },
    ...{ entries: 0, totals: [] },
  });
});

it('tells of an account what its natural balance follows from', () => {
  const published = publishedOf([openTestMoney, openWallet(personId)]);
  const ofWallet = { account: wallet, owner: personId, class: 'liability' };
  expect(published.map((event) => accountOpened.data.parse(event.data))).toStrictEqual([
    {
      ledger: 'it-eur',
      revision: 1,
      account: testMoneyAccount,
      owner: null,
      class: 'asset',
      ...{ currency: 'EUR', chart: '1900', floor: null },
    },
    { ledger: 'it-eur', revision: 2, ...ofWallet, ...{ currency: 'EUR', chart: '2010', floor: 0 } },
  ]);
});

it('has a word in the contract for every reason to refuse, and for all that an entry may say of itself', () => {
  expect(rejectionCodeSchema.options).toStrictEqual([...rejectionCodes]);
  expect(metadataKeySchema.options).toStrictEqual([...metadataKeys]);
});
