import type { LedgerWriter } from '@florin/books';
import {
  cloudEvent,
  freezeAccount,
  openAccount,
  personRegistered,
  postEntry,
  reverseEntry,
  type CloudEvent,
} from '@florin/contracts';
import type { Decision, LedgerCommand, PostEntry } from '@florin/ledger';
import { v7 as uuidv7 } from 'uuid';
import { CommandUnacceptable, decideCommands, openWallets } from './command.consumer.js';
import type { CommandEvent } from './ledger.commands.js';

const time = '2026-11-01T12:00:00.000Z';
const anna = uuidv7();

const entry = (kind: 'p2p' | 'test-funding', ledger = 'it-eur'): CommandEvent =>
  cloudEvent(postEntry, {
    id: uuidv7(),
    source: '/payments',
    time,
    data: {
      ledger,
      entryId: uuidv7(),
      kind,
      currency: 'EUR',
      postings: [
        { account: 'source:test-money', amount: 5 },
        { account: `wallet:${anna}`, amount: -5 },
      ],
      reference: 'r',
    },
  });

const opening: CommandEvent = cloudEvent(openAccount, {
  id: uuidv7(),
  source: '/wallet',
  time,
  data: { ledger: 'it-eur', account: `wallet:${anna}`, owner: anna },
});

/** An entry that the book has. */
const known = uuidv7();

function scene(decide: (command: LedgerCommand) => Promise<Decision>, testMoney = true) {
  const submitted: LedgerCommand[] = [];
  const remembered: string[] = [];
  const writer = {
    submit: (command: LedgerCommand) => {
      submitted.push(command);
      return decide(command);
    },
  } as LedgerWriter;
  const handler = decideCommands({
    writerOf: (ledger) => (ledger === 'it-eur' ? writer : undefined),
    remember: (outcomeId) => remembered.push(outcomeId),
    revisionOf: (ledger, entryId) => Promise.resolve(`${ledger} ${entryId}` === `it-eur ${known}` ? 7n : -1n),
    testMoney,
  });
  return { submitted, remembered, handler };
}

const accepted = () => Promise.resolve<Decision>({ outcome: 'accepted', events: [] });

describe('decideCommands', () => {
  it('submits a run of commands in order, the source of test money before the entry that needs it', async () => {
    const { submitted, handler } = scene(accepted);
    const funding = entry('test-funding');
    await handler([opening, funding]);
    expect(
      submitted.map((command) =>
        command.type === 'OpenAccount' ? command.account : (command as PostEntry).entryId,
      ),
    ).toEqual([`wallet:${anna}`, 'source:test-money', 'entryId' in funding.data ? funding.data.entryId : '']);
  });

  it('gives amounts to the ledger as bigint', async () => {
    const { submitted, handler } = scene(accepted);
    await handler([entry('p2p')]);
    expect(submitted[0]).toMatchObject({ postings: [{ amount: 5n }, { amount: -5n }] });
  });

  it('looks up where the entry lies that is to be undone', async () => {
    const { submitted, remembered, handler } = scene(accepted);
    const reversal = (reverses: string): CommandEvent => {
      const { source, data } = reverseEntry.example;
      return cloudEvent(reverseEntry, { id: uuidv7(), source, time, data: { ...data, reverses } });
    };
    const unknown = uuidv7();
    const { id, source, data } = freezeAccount.example;
    const freeze = cloudEvent(freezeAccount, { id, source, time, data });
    await handler([reversal(known), reversal(unknown), freeze]);
    expect(submitted).toHaveLength(3);
    expect(submitted.filter(({ type }) => type === 'ReverseEntry')).toMatchObject([
      { reverses: { entryId: known, revision: 7n } },
      { reverses: { entryId: unknown, revision: -1n } },
    ]);
    const { entryId } = reverseEntry.example.data;
    expect(remembered).toEqual([entryId, entryId, freezeAccount.example.data.commandId]);
  });

  it('counts a refusal as done: it is recorded', async () => {
    const { handler } = scene(() =>
      Promise.resolve<Decision>({ outcome: 'refused', code: 'insufficient_funds', events: [] }),
    );
    await expect(handler([entry('p2p')])).resolves.toBeUndefined();
  });

  it('waits for every outcome before it reports that one is not known', async () => {
    let settled = false;
    const { handler } = scene((command) =>
      command.type === 'OpenAccount'
        ? Promise.reject(new Error('log away'))
        : new Promise((resolve) =>
            setImmediate(() => {
              settled = true;
              resolve({ outcome: 'accepted', events: [] });
            }),
          ),
    );
    await expect(handler([opening, entry('p2p')])).rejects.toThrow('log away');
    expect(settled).toBe(true);
  });

  it.each([
    ['a book that is not kept here', entry('p2p', 'br-brl'), true, 'ledger_unknown'],
    ['test money where there is none', entry('test-funding'), false, 'test_money_off'],
  ])('gives up %s without trying again', async (_name, event, testMoney, code) => {
    const { submitted, handler } = scene(accepted, testMoney);
    const error = await handler([event]).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(CommandUnacceptable);
    expect(error).toMatchObject({ permanent: true, message: expect.stringContaining(code) as string });
    expect(submitted).toEqual([]);
  });

  it('gives up what can have no outcome in the book', async () => {
    const { handler } = scene(() =>
      Promise.resolve<Decision>({ outcome: 'unacceptable', code: 'entry_id_expired', events: [] }),
    );
    await expect(handler([entry('p2p')])).rejects.toThrow('entry_id_expired');
  });
});

describe('openWallets', () => {
  const registration = (market: 'it' | 'br') =>
    cloudEvent(personRegistered, {
      id: uuidv7(),
      source: '/identity',
      time,
      data: { personId: anna, market, locale: 'it' as const },
    });

  it('asks for a wallet in the book of the market, under the id of the registration', async () => {
    const published: CloudEvent[] = [];
    const event = registration('it');
    await openWallets(['it'], (events) => Promise.resolve(void published.push(...events)))([event]);
    expect(published).toMatchObject([
      { id: event.id, data: { ledger: 'it-eur', account: `wallet:${anna}`, owner: anna } },
    ]);
  });

  it('asks for nothing in a market that is not open', async () => {
    const published: CloudEvent[] = [];
    await openWallets(['it'], (events) => Promise.resolve(void published.push(...events)))([
      registration('br'),
    ]);
    expect(published).toEqual([]);
  });
});
