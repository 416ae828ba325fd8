import { parseArgs } from 'node:util';
import { marketOfLedger, markets, type Market } from '@florin/contracts';
import type { ChainHead } from '@florin/ledger';

export const commandNames = ['verify', 'replay', 'trial-balance', 'balance', 'entries'] as const;
export type CommandName = (typeof commandNames)[number];

export interface Arguments {
  readonly command: CommandName;
  /** Given for `balance` and `entries` alone. */
  readonly account: string | undefined;
  /** The market whose book is read. */
  readonly market: Market;
  /** EventStoreDB connection string. */
  readonly url: string;
  readonly json: boolean;
  /** A head that was noted earlier; the chain must pass through it. */
  readonly knownHead: ChainHead | undefined;
}

const ledgers = Object.values(markets)
  .map(({ ledger }) => ledger)
  .join(', ');

export const usage = `Audits a ledger from its event store alone: every command reads the book from its first event and verifies it on the way.

  npm run audit -- verify                   check the chain, every entry, floors and ids; name the first wrong revision
  npm run audit -- replay                   rebuild the book and list every balance
  npm run audit -- trial-balance            debits and credits per class and number of the chart of accounts
  npm run audit -- balance <account>        what one account holds, such as wallet:<person id>
  npm run audit -- entries <account>        every entry of one account, with the running balance

  --ledger <id>              the book: ${ledgers} (default it-eur)
  --url <esdb://…>           the event store (default: the environment's EVENTSTORE_URL)
  --head <revision>:<hash>   a head noted earlier: the chain must still pass through it
  --json                     one JSON object, amounts in minor units

Exit code: 0 all is well, 1 a finding, 2 wrong use or no answer from the event store.
`;

/** The command line was not understood; the message says what to do. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** Reads a command line. Throws WrongUse with a sentence that helps. */
export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { positionals, values } = parsed(args);
  const [name, account, ...rest] = positionals;
  const command = commandNames.find((known) => known === name);
  if (name === undefined) throw new WrongUse(`Say which command; there are ${commandNames.join(', ')}`);
  if (command === undefined)
    throw new WrongUse(`"${name}" is not a command; there are ${commandNames.join(', ')}`);
  const wantsAccount = command === 'balance' || command === 'entries';
  if (wantsAccount && account === undefined)
    throw new WrongUse(`${command} needs an account: ${command} wallet:<id>`);
  const extra = wantsAccount ? rest[0] : account;
  if (extra !== undefined) throw new WrongUse(`${command} does not take "${extra}"`);
  const market = marketOf(values.ledger ?? markets.it.ledger);
  const url = values.url ?? env['EVENTSTORE_URL'];
  if (url === undefined || url === '') {
    throw new WrongUse(
      'Where is the event store? Give --url esdb://host:port?tls=false or set EVENTSTORE_URL',
    );
  }
  return { command, account, market, url, json: values.json ?? false, knownHead: headOf(values.head) };
}

function marketOf(ledger: string): Market {
  const market = marketOfLedger(ledger);
  if (market === undefined) throw new WrongUse(`"${ledger}" is not a ledger; there are ${ledgers}`);
  return market;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ledger: { type: 'string' },
        url: { type: 'string' },
        head: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}

function headOf(text: string | undefined): ChainHead | undefined {
  if (text === undefined) return undefined;
  const [, revision, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (revision === undefined || hash === undefined) {
    throw new WrongUse('--head is <revision>:<hash>, as an earlier verify printed it');
  }
  return { revision: BigInt(revision), hash };
}
