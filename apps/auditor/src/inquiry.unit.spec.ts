import { WrongUse } from '@florin/configuration';
import { generateKey } from '@florin/proofs';
import { callOf } from './command.js';
import { commands } from './commands.js';
import { inquiryOf, type Inquiry } from './inquiry.js';
import { questionNames } from './questions.js';

const env = { EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false' };
const hash = 'ab'.repeat(32);
const key = generateKey('florin.example/ledger/it-eur').verifier.toString();

/** What a command line asks, without what it prints with. */
function parse([name = '', ...args]: readonly string[], environment: NodeJS.ProcessEnv): object {
  const found = commands.find((one) => one.name === name);
  const question = questionNames.find((one) => one === name);
  if (found === undefined || question === undefined) throw new Error(`${name} is no question`);
  const surroundings = { env: environment, out: () => {}, err: () => {}, terminal: false };
  const call = callOf(found, args, { ...surroundings, untilStopped: () => Promise.resolve() });
  const { call: told, ...inquiry } = inquiryOf(question, call);
  return { ...inquiry, json: told.json, at: told.at };
}

describe('a question on a command line', () => {
  it('reads a command with its defaults', () => {
    expect(parse(['verify'], env)).toStrictEqual({
      question: 'verify',
      subject: '',
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
    expect(parse(args, env)).toStrictEqual({
      question: 'entries',
      subject: 'wallet:a',
      ledger: 'br-brl',
      url: 'esdb://x',
      json: true,
      knownHeads: [{ ledger: 'br-brl', revision: 41n, hash }],
      at: undefined,
      keys: [],
    });
  });

  it('reads a point in time', () => {
    expect(parse(['verify', '--at', '7'], env)).toMatchObject({ at: { revision: 7n } });
    const instant = ['balance', 'wallet:a', '--at', '2026-10-31T23:00:00+01:00', '--key', key];
    expect(parse(instant, env)).toMatchObject({ at: { atMs: Date.UTC(2026, 9, 31, 22) } });
    expect((parse(instant, env) as Inquiry).keys.map(String)).toEqual([key]);
  });

  it('asks one book of an account, and the heads of several', () => {
    expect(parse(['balance', 'wallet:a'], env)).toMatchObject({ ledger: 'it-eur' });
    const heads = ['--head', `it-eur-2:41:${hash}`, '--head', `br-brl:7:${hash}`];
    expect(parse(['verify', ...heads], env)).toMatchObject({
      ledger: undefined,
      knownHeads: [
        { ledger: 'it-eur-2', revision: 41n, hash },
        { ledger: 'br-brl', revision: 7n, hash },
      ],
    });
  });

  it.each([
    [['balance'], 'Say balance <account>; help balance says more'],
    [['balance', 'wallet:a', 'wallet:b'], 'balance does not take "wallet:b"'],
    [['reserves'], 'Say reserves <asset>; help reserves says more'],
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
    expect(() => parse(args, env)).toThrow(WrongUse);
    expect(() => parse(args, env)).toThrow(message);
  });

  it('asks for the event store when nobody said where it is', () => {
    expect(() => parse(['verify'], {})).toThrow(/^Where is the event store\? Give --url/);
  });

  it.each([
    [{ EVENTSTORE_URL: 'http://hush@db' }, 'EVENTSTORE_URL: must be an EventStoreDB address'],
    [{ EVENTSTORE_URL: 'esdb://db', EVENTSTORE_URL_FILE: '/url' }, 'EVENTSTORE_URL: set either'],
    [
      { EVENTSTORE_URL_FILE: '/nowhere/url' },
      'EVENTSTORE_URL: the file that EVENTSTORE_URL_FILE names cannot be read',
    ],
  ])('checks the environment as the services do: %j', (wrong: NodeJS.ProcessEnv, message) => {
    expect(() => parse(['verify'], wrong)).toThrow(WrongUse);
    expect(() => parse(['verify'], wrong)).toThrow(message);
    expect(() => parse(['verify'], wrong)).not.toThrow(/hush/);
  });

  it('checks --url, which goes before the environment, in the same way', () => {
    const url = (text: string) => parse(['verify', '--url', text], { EVENTSTORE_URL_FILE: '/nowhere' });
    expect(url('esdb://x')).toMatchObject({ url: 'esdb://x' });
    expect(() => url('esdb://a:hush@x?tls=false')).toThrow('--url: has a user and tls=false');
    expect(() => url('')).toThrow('--url is empty: give an address such as esdb://');
  });
});
