import { commandLine, commandLineConfig, eventStoreConfig, WrongUse } from '@florin/configuration';
import type { Point } from '@florin/books';
import { marketOfLedger, markets } from '@florin/contracts';
import type { ChainHead } from '@florin/ledger';
import { Malformed, SignerKey, VerifierKey } from '@florin/proofs';
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

export const commandNames = ['verify', 'replay', 'trial-balance', 'balance', 'entries', 'reserves'] as const;
export type CommandName = (typeof commandNames)[number];

export interface Arguments {
  readonly command: CommandName;
  /** An account for `balance` and `entries`, the code of an asset for `reserves`. */
  readonly account: string | undefined;
  /** The book that is read; `undefined`: every one that the event store holds. */
  readonly ledger: string | undefined;
  /** EventStoreDB connection string. */
  readonly url: string;
  readonly json: boolean;
  readonly knownHeads: readonly KnownHead[];
  /** The book is looked at as it was then; `undefined`: as it is. */
  readonly at: Point | undefined;
  /** Snapshots that one of these has signed are believed, so that not all of the book has to be read. */
  readonly keys: readonly VerifierKey[];
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
  npm run audit -- reserves <asset>         what was issued of an asset, and what covers it
  npm run audit -- statement <account>      one account's statement: --period 2026-10 [--format json|csv|camt|pdf] [--out <file>]
  npm run audit -- report                   a month of a book as a page to print, and as JSON: --period 2026-10 --out <folder>
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
  --at <revision or time>           the book as it was after a revision, or at an instant such as 2026-10-31T23:00:00Z
  --key <public key> …              balance, entries, trial-balance, reserves: believe snapshots signed with it, and read only what came after
  --json                            one JSON object, amounts in minor units: docs/ledger.md

Exit code: 0 all is well, 1 a finding in any book, 2 wrong use, 3 not finished: no answer from the event store.
`;

/** Reads a command line. Throws WrongUse with a sentence that helps. */
export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { positionals, values } = commandLine(args, {
    ledger: { type: 'string' },
    url: { type: 'string' },
    head: { type: 'string', multiple: true },
    at: { type: 'string' },
    key: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  });
  const { command, account } = wordsOf(positionals);
  const ledger = ledgerOf(values.ledger ?? (account === undefined ? undefined : defaultLedger));
  const url = urlOf(values.url, env);
  const knownHeads = (values.head ?? []).map((text) => headOf(text, ledger));
  const at = values.at === undefined ? undefined : pointOf(values.at);
  const keys = (values.key ?? []).map(keyOf);
  if (keys.length > 0 && (command === 'verify' || command === 'replay')) {
    throw new WrongUse(`${command} reads all of a book: it believes no snapshot, so it takes no --key`);
  }
  if (at !== undefined && knownHeads.length > 0) throw new WrongUse('--at and --head do not go together');
  return { command, account, ledger, url, json: values.json ?? false, knownHeads, at, keys };
}

/** The command, and what it is asked about. Throws WrongUse. */
function wordsOf([name, subject, ...rest]: readonly string[]): Pick<Arguments, 'command' | 'account'> {
  const command = commandNames.find((known) => known === name);
  if (name === undefined) throw new WrongUse(`Say which command; there are ${commandNames.join(', ')}`);
  if (command === undefined)
    throw new WrongUse(`"${name}" is not a command; there are ${commandNames.join(', ')}`);
  const wanted = subjects[command];
  if (wanted !== undefined && subject === undefined) throw new WrongUse(`${command} needs ${wanted}`);
  const extra = wanted === undefined ? subject : rest[0];
  if (extra !== undefined) throw new WrongUse(`${command} does not take "${extra}"`);
  return { command, account: subject };
}

/** What a command is asked about; the others are asked of a whole book. */
const subjects: Partial<Record<CommandName, string>> = {
  balance: 'an account: balance wallet:<id>',
  entries: 'an account: entries wallet:<id>',
  reserves: 'an asset: reserves <CODE>',
};

/** A revision, or an instant as RFC 3339 writes it. Throws WrongUse. */
function pointOf(text: string): Point {
  if (/^\d{1,15}$/.test(text)) return { revision: BigInt(text) };
  const atMs = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new WrongUse(`--at is a revision or a time such as 2026-10-31T23:00:00Z, not "${text}"`);
  return { atMs };
}

/** A public key in the form of C2SP signed-note. Throws WrongUse. */
export function keyOf(text: string): VerifierKey {
  try {
    return VerifierKey.parse(text);
  } catch (error) {
    if (error instanceof Malformed) throw new WrongUse(`--key: ${error.message}`, { cause: error });
    throw error;
  }
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
