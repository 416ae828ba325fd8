import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import type { NewEvent } from '@florin/event-store';
import { head, history, json, over, run, sealed, story } from './books.fixture.spec.js';

const sound = { ledger: 'it-eur', currency: 'EUR', headRevision: 7, headHash: head, finding: null };

describe('an audit of a sound book', () => {
  it('answers every command, for programs and for people', async () => {
    await over(history, async (audit) => {
      const verified = await audit('verify', '--json');
      expect(verified).toMatchObject({ code: 0, err: '' });
      const book = { ...sound, verified: true, events: 8, entries: 3, trialBalance: 0 };
      const absent = ['br-brl', 'in-inr'];
      expect(json(verified)).toStrictEqual({ ...book, ledgers: [book], absent });
      expect(json(await audit('verify', '--ledger', 'it-eur', '--json'))).toStrictEqual(book);

      expect(json(await audit('replay', '--ledger', 'it-eur', '--json'))).toStrictEqual({
        ...sound,
        events: 8,
        entries: 3,
        refusals: 1,
        trialBalance: 0,
        balances: { 'source:test-money': 20_000, 'wallet:anna': 18_250, 'wallet:bruno': 1_750 },
      });

      const assets = { class: 'asset', accounts: 1, debits: '20000', credits: '0', balance: '20000' };
      const wallets = { class: 'liability', accounts: 2, debits: '0', credits: '20000', balance: '20000' };
      expect(json(await audit('trial-balance', '--ledger', 'it-eur', '--json'))).toStrictEqual({
        ...sound,
        debits: '20000',
        credits: '20000',
        trialBalance: 0,
        classes: [assets, wallets],
        charts: [
          { ...assets, chart: '1900' },
          { ...wallets, chart: '2010' },
        ],
      });

      expect(json(await audit('balance', 'wallet:anna', '--json'))).toStrictEqual({
        ...sound,
        account: 'wallet:anna',
        balance: 18_250,
      });
      expect(json(await audit('entries', 'wallet:bruno', '--json'))).toMatchObject({
        ...sound,
        account: 'wallet:bruno',
        balance: 1_750,
        entries: [
          { revision: 5, recordedAt: '2026-11-02T12:00:00.000Z', kind: 'p2p', change: 1_250, balance: 1_250 },
          { revision: 7, reference: 'payment-4', change: 500, balance: 1_750 },
        ],
      });

      expect((await audit('verify')).out).toBe(
        'it-eur: verified\n' +
          '  events         8\n' +
          '  entries        3\n' +
          '  refusals       1\n' +
          '  accounts       3\n' +
          '  trial balance  0.00 EUR\n' +
          `  head           it-eur:7:${head}\n` +
          '\nLedgers read: it-eur; not in this event store: br-brl, in-inr\n',
      );
      expect((await audit('balance', 'wallet:anna')).out).toBe(
        'wallet:anna holds 182.50 EUR at revision 7\n',
      );
      expect((await audit('replay')).out).toContain(
        'wallet:bruno       2010   liability           17.50 EUR\n',
      );
      expect((await audit('trial-balance')).out).toContain(
        'total                    3  200.00 EUR  200.00 EUR\n',
      );
      expect((await audit('entries', 'wallet:anna')).out).toContain(
        '5  2026-11-02T12:00:00.000Z  p2p           payment-2  -12.50 EUR  187.50 EUR\n',
      );
    });
  });

  it('passes through a head that was noted earlier, or says where it does not', async () => {
    const earlier = (history[4]?.metadata as { hash: string }).hash;
    await over(history, async (audit) => {
      expect(await audit('verify', '--head', `4:${earlier}`)).toMatchObject({ code: 0, err: '' });
      expect(await audit('verify', '--head', `it-eur:4:${earlier}`, '--head', `7:${head}`)).toMatchObject({
        code: 0,
      });
      expect(await audit('verify', '--head', `4:${head}`)).toMatchObject({
        code: 1,
        err: `Revision 4 of it-eur is wrong (head_differs): expected the hash ${head}, which was noted earlier, found ${earlier}\n`,
      });
    });
    await over(history.slice(0, 6), async (audit) => {
      expect(await audit('verify')).toMatchObject({ code: 0 });
      expect(await audit('verify', '--head', `7:${head}`)).toMatchObject({
        code: 1,
        err: 'Revision 6 of it-eur is wrong (head_missing): the chain ends at revision 5, but revision 7 was noted earlier\n',
      });
    });
  });

  it('knows no account that was never opened', async () => {
    await over(history, async (audit) => {
      expect(await audit('balance', 'wallet:carla', '--json')).toStrictEqual({
        code: 2,
        out: '',
        err: 'wallet:carla is not an account or asset of it-eur at revision 7; --ledger names another book\n',
      });
    });
  });
});

describe('an audit of a book that was tampered with', () => {
  const swapped = [...history];
  [swapped[4], swapped[5]] = [history[5] as NewEvent, history[4] as NewEvent];
  const unbalanced = story().map((event) =>
    event.type === 'EntryPosted' && event.reference === 'payment-2'
      ? { ...event, postings: event.postings.slice(0, 1) as unknown as typeof event.postings }
      : event,
  );

  it.each([
    ['a flipped bit', flipped(5), 5, 'hash_mismatch'],
    ['a removed event', history.filter((_event, i) => i !== 4), 4, 'chain_broken'],
    ['a reordered pair', swapped, 4, 'chain_broken'],
    ['an entry that does not balance, sealed as if it did', sealed(unbalanced), 5, 'entry_invalid'],
    [
      'an event of another kind',
      history.with(6, { id: randomUUID(), type: 'Note', data: {} }),
      6,
      'schema_unknown',
    ],
    ['no event at all', [], 0, 'ledger_missing'],
  ])('finds %s at its revision', async (_what, events, revision, code) => {
    await over(events, async (audit) => {
      const verified = await audit('verify', '--ledger', 'it-eur', '--json');
      expect(verified.code).toBe(1);
      expect(verified.err).toMatch(`Revision ${revision} of it-eur is wrong (${code}): `);
      expect(json(verified)).toMatchObject({
        verified: false,
        headRevision: revision - 1,
        trialBalance: 0,
        finding: { revision, code },
      });
      expect(await audit('balance', 'wallet:nobody')).toMatchObject({ code: 1, out: '' });
    });
  });

  /** The amount of an entry with its lowest bit changed, on both sides so that it still balances. */
  function flipped(at: number): NewEvent[] {
    const event = history[at] as NewEvent;
    const data = JSON.parse(JSON.stringify(event.data).replaceAll('1250', '1251')) as object;
    expect(data).not.toStrictEqual(event.data);
    return history.with(at, { ...event, data });
  }
});

describe('the auditor', () => {
  it('answers wrong use with what is right', async () => {
    expect(await run(['--json'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there are verify'),
    });
    expect(await run(['verfy'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('there are verify'),
    });
    expect(await run(['verify', '--url', 'http://localhost'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--url: must be an EventStoreDB address'),
    });
  });

  it('says so in one sentence when the event store does not answer', async () => {
    const port = await freePort();
    expect(await run(['verify', '--url', `esdb://user:secret@127.0.0.1:${port}?tls=true`])).toStrictEqual({
      code: 3,
      out: '',
      err: `The event store at esdb://127.0.0.1:${port} does not answer: is it running?\n`,
    });
  });

  it('draws its progress where there is a terminal', async () => {
    await over(history, async (audit, url) => {
      expect((await audit('verify')).err).toBe('');
      const { err } = await run(['verify', '--url', url], true);
      expect(err).toContain('Reading it-eur ██████████████████████████████ 100 % of 8 events');
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
