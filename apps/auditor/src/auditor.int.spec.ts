import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore } from '@florin/embedded';
import { connectEventStore, type NewEvent } from '@florin/event-store';
import {
  createSealer,
  decide,
  emptyLedger,
  evolve,
  GENESIS,
  type LedgerCommand,
  type LedgerEvent,
  type OpenAccount,
} from '@florin/ledger';
import { runAuditor } from './auditor.js';

const now = Date.UTC(2026, 10, 2, 12);
const source = account('source:test-money', null, {
  class: 'asset',
  chart: '1900',
  floor: null,
  testMoney: true,
});
const anna = account('wallet:anna', 'anna');
const bruno = account('wallet:bruno', 'bruno');

function account(id: string, owner: string | null, rest: Partial<OpenAccount> = {}): OpenAccount {
  const wallet = { class: 'liability', chart: '2010', floor: 0n, testMoney: false } as const;
  return { type: 'OpenAccount', account: id, owner, ...wallet, ...rest };
}

function entry(n: number, debit: string, credit: string, amount: bigint, currency = 'EUR'): LedgerCommand {
  const time = now.toString(16).padStart(12, '0');
  return {
    type: 'PostEntry',
    entryId: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`,
    kind: n === 1 ? 'test-funding' : 'p2p',
    currency,
    postings: [
      { account: debit, amount },
      { account: credit, amount: -amount },
    ],
    reference: `payment-${n}`,
  };
}

/** Anna gets 200.00, sends Bruno 12.50 and 5.00, and fails to send 500.00. */
function story(): LedgerEvent[] {
  const commands = [
    source,
    anna,
    bruno,
    entry(1, source.account, anna.account, 20_000n),
    entry(2, anna.account, bruno.account, 1_250n),
    entry(3, anna.account, bruno.account, 50_000n),
    entry(4, anna.account, bruno.account, 500n),
  ];
  return decided('it-eur', 'EUR', commands);
}

function decided(ledger: string, currency: string, commands: readonly LedgerCommand[]): LedgerEvent[] {
  let state = emptyLedger(ledger, currency);
  return commands.flatMap((command) => {
    const { events } = decide(state, command, now);
    state = events.reduce(evolve, state);
    return events;
  });
}

function sealed(events: readonly LedgerEvent[], ledger = 'it-eur'): NewEvent[] {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const sealer = createSealer(ledger, sha256, GENESIS);
  return events.map((event) => sealer.seal(event));
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: string[], terminal = false): Promise<Result> {
  let out = '';
  let err = '';
  const code = await runAuditor(args, {
    env: {},
    out: (text) => (out += text),
    err: (text) => (err += text),
    terminal,
  });
  return { code, out, err };
}

type Audit = (...args: string[]) => Promise<Result>;

/** Runs commands of the auditor against an event store that holds just these events, of `it-eur` or by book. */
async function over(
  events: readonly NewEvent[] | Readonly<Record<string, readonly NewEvent[]>>,
  ask: (audit: Audit, url: string) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'florin-auditor-'));
  const server = await startEventStore({ dataDir });
  try {
    const store = connectEventStore(server.url);
    for (const [ledger, own] of Object.entries(Array.isArray(events) ? { 'it-eur': events } : events)) {
      if (own.length > 0) await store.append(`ledger-${ledger}`, own, 'no_stream');
    }
    await store.close();
    await ask((...args) => run([...args, '--url', server.url]), server.url);
  } finally {
    await server.close();
    await rm(dataDir, { recursive: true });
  }
}

function json(result: Result): unknown {
  return JSON.parse(result.out);
}

const history = sealed(story());
const head = (history.at(-1)?.metadata as { hash: string }).hash;
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

      const assets = { class: 'asset', accounts: 1, debits: 20_000, credits: 0, balance: 20_000 };
      const wallets = { class: 'liability', accounts: 2, debits: 0, credits: 20_000, balance: 20_000 };
      expect(json(await audit('trial-balance', '--ledger', 'it-eur', '--json'))).toStrictEqual({
        ...sound,
        debits: 20_000,
        credits: 20_000,
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
        err: 'wallet:carla is not an account of it-eur at revision 7; --ledger names another book\n',
      });
    });
  });
});

describe('an audit of several books', () => {
  const reais = sealed(
    decided('br-brl', 'BRL', [source, anna, entry(1, source.account, anna.account, 700n, 'BRL')]),
    'br-brl',
  );
  const shard = sealed(decided('it-eur-2', 'EUR', [bruno]), 'it-eur-2');
  const books = { 'it-eur': history, 'it-eur-2': shard, 'br-brl': reais };
  const headOfReais = (reais.at(-1)?.metadata as { hash: string }).hash;

  it('reads each, shards too, and one alone where it is asked for', async () => {
    await over(books, async (audit) => {
      const verified = await audit('verify', '--json');
      expect(verified).toMatchObject({ code: 0, err: '' });
      expect(json(verified)).toStrictEqual({
        verified: true,
        ledgers: [
          expect.objectContaining({ ledger: 'it-eur', verified: true, headRevision: 7, finding: null }),
          expect.objectContaining({ ledger: 'it-eur-2', verified: true, headRevision: 1, finding: null }),
          expect.objectContaining({ ledger: 'br-brl', verified: true, headRevision: 3, currency: 'BRL' }),
        ],
        absent: ['in-inr'],
      });

      const { out } = await audit('verify');
      expect(out.match(/^\S+: verified$/gm)).toEqual([
        'it-eur: verified',
        'it-eur-2: verified',
        'br-brl: verified',
      ]);
      expect(out).toContain('\nLedgers read: it-eur, it-eur-2, br-brl; not in this event store: in-inr\n');
      expect((await audit('replay')).out).toMatch(/^it-eur\n[^]+\n\nbr-brl\n[^]+ 7\.00 BRL\n/);
      expect((await audit('trial-balance')).out).toMatch(/^it-eur\n[^]+\n\nbr-brl\n[^]+ 7\.00 BRL\n/);
      expect((await audit('verify', '--ledger', 'it-eur-2')).out).toMatch(/^it-eur-2: verified\n/);
      expect((await audit('balance', 'wallet:anna', '--ledger', 'br-brl')).out).toBe(
        'wallet:anna holds 7.00 BRL at revision 3\n',
      );
    });
  });

  it('finds what is wrong in any of them, and goes on to the others', async () => {
    const broken = { ...books, 'it-eur': history.filter((_event, i) => i !== 4) };
    await over(broken, async (audit) => {
      const verified = await audit('verify', '--json');
      expect(verified.code).toBe(1);
      expect(verified.err).toMatch(/^Revision 4 of it-eur is wrong \(chain_broken\): .*\n$/);
      expect(json(verified)).toMatchObject({
        verified: false,
        ledgers: [
          { ledger: 'it-eur', verified: false, finding: { revision: 4 } },
          { ledger: 'it-eur-2', verified: true },
          { ledger: 'br-brl', verified: true },
        ],
      });
      expect((await audit('verify')).out).toMatch(/^it-eur: NOT verified\n[^]+\nbr-brl: verified\n/);
      expect(await audit('verify', '--ledger', 'br-brl')).toMatchObject({ code: 0 });
    });
  });

  it('holds each against its own head, and misses one that was noted and is gone', async () => {
    await over(books, async (audit) => {
      const heads = ['--head', `it-eur:7:${head}`, '--head', `br-brl:3:${headOfReais}`];
      expect(await audit('verify', ...heads)).toMatchObject({ code: 0 });
      expect(await audit('verify', ...heads, '--head', `br-brl:3:${head}`)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^Revision 3 of br-brl is wrong \(head_differs\)/),
      });
      expect(await audit('verify', '--head', `7:${head}`)).toMatchObject({
        code: 2,
        err: 'Whose head is it? Say --head <ledger>:<revision>:<hash>; there are it-eur, it-eur-2, br-brl\n',
      });
      expect(await audit('verify', '--head', `in-inr:0:${head}`)).toMatchObject({
        code: 1,
        err: 'Revision 0 of in-inr is wrong (ledger_missing): the event store holds no event of in-inr\n',
      });
    });
  });

  it('is a finding where there is no book at all', async () => {
    await over([], async (audit) => {
      const { code, err } = await audit('verify');
      expect(code).toBe(1);
      expect(err.match(/of (\S+) is wrong \(ledger_missing\)/g)).toHaveLength(3);
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
  it('says in one screen what it can do', async () => {
    const { code, out } = await run([]);
    expect(code).toBe(0);
    for (const command of ['verify', 'replay', 'trial-balance', 'balance <account>', 'entries <account>']) {
      expect(out).toContain(`npm run audit -- ${command}`);
    }
    expect(out.split('\n').length).toBeLessThan(25);
  });

  it('answers wrong use with what is right', async () => {
    expect(await run(['verfy'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('there are verify'),
    });
    expect(await run(['verify', '--url', 'http://localhost'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('http://localhost is not an address of an event store'),
    });
  });

  it('says so in one sentence when the event store does not answer', async () => {
    const port = await freePort();
    expect(await run(['verify', '--url', `esdb://user:secret@127.0.0.1:${port}?tls=false`])).toStrictEqual({
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
