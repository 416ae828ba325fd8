import { commandLine, commandLineConfig, eventStoreConfig, WrongUse } from '@florin/configuration';
import { marketOfLedger, markets } from '@florin/contracts';
import type { ChainHead } from '@florin/ledger';
import { Malformed, SignerKey } from '@florin/proofs';
import { z } from 'zod';

/** What this command reads from its environment. */
export const auditorConfig = z.object({
  ...eventStoreConfig,
  WITNESS_SIGNING_KEY: z
    .string()
    .refine(isWitnessKey, 'must be the signer key of a witness: PRIVATE+KEY+…')
    .optional()
    .meta({
      description: 'Key of a witness (C2SP tlog-cosignature, Ed25519); for the command witness alone',
      ...{ fromFile: true, secret: true },
    }),
});

function isWitnessKey(text: string): boolean {
  try {
    return SignerKey.parse(text).algorithm === 'cosignature/v1';
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

export const commandNames = ['verify', 'replay', 'trial-balance', 'balance', 'entries'] as const;
export type CommandName = (typeof commandNames)[number];

export interface Arguments {
  readonly command: CommandName;
  /** Given for `balance` and `entries` alone. */
  readonly account: string | undefined;
  /** The book that is read; `undefined`: every one that the event store holds. */
  readonly ledger: string | undefined;
  /** EventStoreDB connection string. */
  readonly url: string;
  readonly json: boolean;
  readonly knownHeads: readonly KnownHead[];
}

/** A head that was noted earlier: the chain of its book must pass through it. */
export interface KnownHead extends ChainHead {
  /** `undefined` where one book alone is read: it is that one's. */
  readonly ledger: string | undefined;
}

const ledgers = Object.values(markets)
  .map(({ ledger }) => ledger)
  .join(', ');
/** What is asked of one account is asked of one book. */
const defaultLedger = markets.it.ledger;

export const usage = `Audits ledgers from their event store alone: every command reads a book from its first event and verifies it on the way.

  npm run audit -- verify                   check the chain, every entry, floors and ids; name the first wrong revision
  npm run audit -- replay                   rebuild the book and list every balance
  npm run audit -- trial-balance            debits and credits per class and number of the chart of accounts
  npm run audit -- balance <account>        what one account holds, such as wallet:<person id>
  npm run audit -- entries <account>        every entry of one account, with the running balance
  npm run audit -- statement <account>      one account's statement: --period 2026-10 [--format json|csv|camt|pdf] [--out <file>]
  npm run audit -- export                   write one book into a file that proves itself: --ledger <id> --out <file> [--from --to]
  npm run audit -- verify-export <file> …   check such a file offline: --key <public key> …, or --unsigned
  npm run audit -- checkpoints              hold every signed head, and every tile, against the book: --key <public key> …
  npm run audit -- proof <revision or id>   that an event is in its book as it was signed, for anybody: --key <public key>
  npm run audit -- verify-proof <file>      check such a proof offline: --key <public key>
  npm run audit -- consistency <from> <to>  that the first <from> events of a book begin the first <to>
  npm run audit -- witness                  co-sign heads over HTTP: --state <file> --key <public key> … [--host --port]
  npm run audit -- cosign <url>             have a witness co-sign the newest head: --key <of the book> --key <of the witness>
  npm run audit -- new-key <name>           a key that signs heads, or with --witness co-signs them
  npm run audit -- config                   the JSON Schema of the environment: docs/configuration.md

  --ledger <id>                     one book, such as ${defaultLedger} or its shard ${defaultLedger}-2; some commands read every book without it
  --url <esdb://…>                  the event store (default: the environment's EVENTSTORE_URL, or the file EVENTSTORE_URL_FILE)
  --head [<id>:]<revision>:<hash>   a head noted earlier, once per book: its chain must still pass through it
  --json                            one JSON object, amounts in minor units: docs/ledger.md

Exit code: 0 all is well, 1 a finding in any book, 2 wrong use, 3 not finished: no answer from the event store.
`;

/** Reads a command line. Throws WrongUse with a sentence that helps. */
export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { positionals, values } = commandLine(args, {
    ledger: { type: 'string' },
    url: { type: 'string' },
    head: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  });
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
  const ledger = ledgerOf(values.ledger ?? (wantsAccount ? defaultLedger : undefined));
  const url = urlOf(values.url, env);
  const knownHeads = (values.head ?? []).map((text) => headOf(text, ledger));
  return { command, account, ledger, url, json: values.json ?? false, knownHeads };
}

/** Where the event store is: of the command line (`url`), or of the environment. Throws WrongUse. */
export function urlOf(url: string | undefined, env: NodeJS.ProcessEnv): string {
  if (url !== undefined) return checkedUrl(url);
  if (!env['EVENTSTORE_URL'] && !env['EVENTSTORE_URL_FILE']) {
    throw new WrongUse(
      'Where is the event store? Give --url esdb://host:port?tls=false or set EVENTSTORE_URL',
    );
  }
  return commandLineConfig(auditorConfig, env).EVENTSTORE_URL;
}

/** An address on the command line is checked as one of the environment is. */
function checkedUrl(url: string): string {
  const schema = z.object({ '--url': eventStoreConfig.EVENTSTORE_URL });
  return commandLineConfig(schema, { '--url': url })['--url'];
}

/** A ledger that there is, or none. Throws WrongUse. */
export function ledgerOf(ledger: string | undefined): string | undefined {
  if (ledger === undefined || marketOfLedger(ledger) !== undefined) return ledger;
  throw new WrongUse(`"${ledger}" is not a ledger; there are ${ledgers}`);
}

function headOf(text: string, only: string | undefined): KnownHead {
  const [, named, revision, hash] = /^(?:([^:]+):)?(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (revision === undefined || hash === undefined) {
    throw new WrongUse('--head is [<ledger>:]<revision>:<hash>, as an earlier verify printed it');
  }
  const ledger = ledgerOf(named) ?? only;
  if (only !== undefined && ledger !== only) {
    throw new WrongUse(`--head is one of ${ledger}, but only ${only} is read`);
  }
  return { ledger, revision: BigInt(revision), hash };
}
