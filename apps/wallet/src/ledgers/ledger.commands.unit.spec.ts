import {
  captureSchema,
  closeAccount,
  closePeriod,
  cloudEvent,
  defineAsset,
  expireHolds,
  extendHold,
  freezeAccount,
  openAccountOnTerms,
  outcomeIdIn,
  placeHold,
  postEntry,
  releaseHold,
  reverseEntry,
  unfreezeAccount,
  type EventDefinition,
} from '@florin/contracts';
import {
  commandDefinitions,
  toLedgerCommand,
  toReversal,
  type CommandEvent,
  type ReversalEvent,
} from './ledger.commands.js';

const time = '2026-11-01T12:00:00.000Z';
const asked = { commandId: '01a1fdfa-4610-7000-8000-0000000c0001', reference: 'case-2026-117' };
const account = 'wallet:01a1fdfa-4600-7000-8000-00000000a44a';
const holdId = '01a1fdfa-4610-7000-8000-0000000d0001';
const reference = '01a1fdfa-4610-7000-8000-00000000f001';

const exampleOf = <Data>(definition: EventDefinition<string, Data>) => {
  const { id, source, data } = definition.example;
  return cloudEvent(definition, { id, source, time, data });
};

const commandOf = <Data>(definition: EventDefinition<string, Data>) =>
  toLedgerCommand(exampleOf(definition) as Exclude<CommandEvent, ReversalEvent>);

describe('a command from Kafka', () => {
  it.each([
    [
      placeHold,
      {
        ...{ type: 'PlaceHold', holdId, account, currency: 'EUR', amount: 3000n, kind: 'order', reference },
        expiresAt: Date.UTC(2026, 10, 27, 12),
      },
    ],
    [extendHold, { type: 'ExtendHold', ...asked, reference, holdId, expiresAt: Date.UTC(2026, 10, 30, 12) }],
    [releaseHold, { type: 'ReleaseHold', ...asked, reference, holdId }],
    [expireHolds, { type: 'ExpireHolds', limit: 500 }],
    [
      openAccountOnTerms,
      {
        ...{ type: 'OpenAccount', account: account.replace('wallet', 'caffe'), class: 'liability' },
        ...{ owner: account.slice(7), chart: '2110', currency: 'CAFFE', floor: 0n, testMoney: false },
      },
    ],
    [freezeAccount, { type: 'FreezeAccount', ...asked, account, frozen: 'out' }],
    [unfreezeAccount, { type: 'UnfreezeAccount', ...asked, account }],
    [closeAccount, { type: 'CloseAccount', ...asked, account }],
    [
      defineAsset,
      {
        ...{ type: 'DefineAsset', ...asked, code: 'CAFFE', scale: 2, backing: 1n },
        issuer: '01a1fdfa-4600-7000-8000-00000000b4b0',
        reserve: 'wallet:01a1fdfa-4600-7000-8000-00000000b4b0',
      },
    ],
  ] as [EventDefinition, object][])('is what the ledger takes: $type', (definition, command) => {
    expect(commandOf(definition)).toStrictEqual(command);
  });

  it("opens accounts in the book's currency, and without a floor, where nothing else is said", () => {
    const { example } = openAccountOnTerms;
    const { currency, ...terms } = example.data;
    expect(currency).toBe('CAFFE');
    const open = { ...openAccountOnTerms, example: { ...example, data: { ...terms, floor: null } } };
    expect(commandOf(open)).toMatchObject({ floor: null });
    expect(commandOf(open)).not.toHaveProperty('currency');
  });

  it('closes a month where it ends in the market', () => {
    const of = (ledger: string) => {
      const { example } = closePeriod;
      return commandOf({ ...closePeriod, example: { ...example, data: { ...example.data, ledger } } });
    };
    const closing = { type: 'ClosePeriod', ...asked, period: '2026-10' };
    expect(of('it-eur')).toStrictEqual({ ...closing, until: Date.UTC(2026, 9, 31, 23) });
    expect(of('in-inr-2')).toStrictEqual({ ...closing, until: Date.UTC(2026, 9, 31, 18, 30) });
    expect(of('br-brl')).toMatchObject({ until: Date.UTC(2026, 10, 1, 3) });
  });

  it('may say of an entry what hold it captures, when it counts and what it belongs to', () => {
    const plain = commandOf(postEntry);
    expect(plain).toMatchObject({ type: 'PostEntry', postings: [{ amount: 1250n }, { amount: -1250n }] });
    expect(Object.keys(plain)).toHaveLength(6);
    const capture = captureSchema.parse({ holdId, final: false });
    const more = { capture, effectiveAt: time, metadata: { orderId: 'o-1' } };
    const data = { ...postEntry.example.data, ...more };
    expect(commandOf({ ...postEntry, example: { ...postEntry.example, data } })).toMatchObject({
      ...{ capture: { holdId, final: false }, effectiveAt: Date.parse(time), metadata: { orderId: 'o-1' } },
    });
  });

  it('names the entry to undo by its id; where that lies is looked up', () => {
    expect(toReversal(exampleOf(reverseEntry) as ReversalEvent, 42n)).toStrictEqual({
      ...{ type: 'ReverseEntry', entryId: '01a1fdfa-4615-7000-8000-0000000e0002' },
      reverses: { entryId: '01a1fdfa-4610-7000-8000-0000000e0001', revision: 42n },
      ...{ reference: 'case-2026-117', metadata: { reason: 'paid-twice' } },
    });
  });

  it('has one id for its outcome, unless it may be repeated', () => {
    const ids = commandDefinitions.map(({ type, example }) => [
      type.split('.')[3],
      outcomeIdIn(example.data),
    ]);
    expect(ids.filter(([, id]) => id === undefined).map(([type]) => type)).toEqual([
      'open-account',
      'open-account',
      'expire-holds',
    ]);
    expect(outcomeIdIn(extendHold.example.data)).toBe(asked.commandId);
  });
});
