import { WrongUse } from '@florin/configuration';
import { generateKey } from '@florin/proofs';
import { parseArguments } from './arguments.js';

const env = { EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false' };
const hash = 'ab'.repeat(32);
const key = generateKey('florin.example/ledger/it-eur').verifier.toString();

describe('parseArguments', () => {
  it('reads a command with its defaults', () => {
    expect(parseArguments(['verify'], env)).toStrictEqual({
      command: 'verify',
      account: undefined,
      ledger: undefined,
      url: 'esdb://127.0.0.1:2113?tls=false',
      json: false,
      knownHeads: [],
      at: undefined,
      keys: [],
    });
  });

  it('reads every option', () => {
    const args = [
      'entries',
      'wallet:a',
      '--ledger',
      'br-brl',
      '--url',
      'esdb://x',
      '--json',
      '--head',
      `41:${hash}`,
    ];
    expect(parseArguments(args, env)).toStrictEqual({
      command: 'entries',
      account: 'wallet:a',
      ledger: 'br-brl',
      url: 'esdb://x',
      json: true,
      knownHeads: [{ ledger: 'br-brl', revision: 41n, hash }],
      at: undefined,
      keys: [],
    });
  });

  it('reads a point in time', () => {
    expect(parseArguments(['verify', '--at', '7'], env)).toMatchObject({ at: { revision: 7n } });
    const instant = ['balance', 'wallet:a', '--at', '2026-10-31T23:00:00+01:00', '--key', key];
    expect(parseArguments(instant, env)).toMatchObject({ at: { atMs: Date.UTC(2026, 9, 31, 22) } });
    expect(parseArguments(instant, env).keys.map(String)).toEqual([key]);
  });

  it('asks one book of an account, and the heads of several', () => {
    expect(parseArguments(['balance', 'wallet:a'], env)).toMatchObject({ ledger: 'it-eur' });
    const heads = ['--head', `it-eur-2:41:${hash}`, '--head', `br-brl:7:${hash}`];
    expect(parseArguments(['verify', ...heads], env)).toMatchObject({
      ledger: undefined,
      knownHeads: [
        { ledger: 'it-eur-2', revision: 41n, hash },
        { ledger: 'br-brl', revision: 7n, hash },
      ],
    });
  });

  it.each([
    [
      ['audit'],
      '"audit" is not a command; there are verify, replay, trial-balance, balance, entries, reserves',
    ],
    [['--json'], 'Say which command; there are verify, replay, trial-balance, balance, entries, reserves'],
    [['balance'], 'balance needs an account: balance wallet:<id>'],
    [['balance', 'wallet:a', 'wallet:b'], 'balance does not take "wallet:b"'],
    [['reserves'], 'reserves needs an asset: reserves <CODE>'],
    [
      ['verify', '--at', 'yesterday'],
      '--at is a revision or a time such as 2026-10-31T23:00:00Z, not "yesterday"',
    ],
    [['verify', '--key', key], 'verify reads all of a book: it believes no snapshot, so it takes no --key'],
    [['balance', 'wallet:a', '--key', 'x'], /^--key: /],
    [['verify', '--at', '7', '--head', `7:${hash}`], '--at and --head do not go together'],
    [['verify', 'wallet:a'], 'verify does not take "wallet:a"'],
    [['verify', '--ledger', 'it'], '"it" is not a ledger; there are it-eur, br-brl, in-inr'],
    [['verify', '--head', '41'], '--head is [<ledger>:]<revision>:<hash>, as an earlier verify printed it'],
    [['verify', '--head', `it:41:${hash}`], '"it" is not a ledger; there are it-eur, br-brl, in-inr'],
    [
      ['verify', '--ledger', 'it-eur', '--head', `br-brl:41:${hash}`],
      '--head is one of br-brl, but only it-eur is read',
    ],
    [['verify', '--fast'], "Unknown option '--fast'"],
  ])('does not understand %j', (args, message) => {
    expect(() => parseArguments(args, env)).toThrow(WrongUse);
    expect(() => parseArguments(args, env)).toThrow(message);
  });

  it('asks for the event store when nobody said where it is', () => {
    expect(() => parseArguments(['verify'], {})).toThrow(/^Where is the event store\? Give --url/);
  });

  it.each([
    [{ EVENTSTORE_URL: 'http://hush@db' }, 'EVENTSTORE_URL: must be an EventStoreDB address'],
    [{ EVENTSTORE_URL: 'esdb://db', EVENTSTORE_URL_FILE: '/url' }, 'EVENTSTORE_URL: set either'],
    [
      { EVENTSTORE_URL_FILE: '/nowhere/url' },
      'EVENTSTORE_URL: the file that EVENTSTORE_URL_FILE names cannot be read',
    ],
  ])('checks the environment as the services do: %j', (wrong: NodeJS.ProcessEnv, message) => {
    expect(() => parseArguments(['verify'], wrong)).toThrow(WrongUse);
    expect(() => parseArguments(['verify'], wrong)).toThrow(message);
    expect(() => parseArguments(['verify'], wrong)).not.toThrow(/hush/);
  });

  it('checks --url, which goes before the environment, in the same way', () => {
    const url = (text: string) =>
      parseArguments(['verify', '--url', text], { EVENTSTORE_URL_FILE: '/nowhere' });
    expect(url('esdb://x').url).toBe('esdb://x');
    expect(() => url('esdb://a:hush@x?tls=false')).toThrow('--url: has a user and tls=false');
    expect(() => url('')).toThrow('--url: is missing');
  });
});
