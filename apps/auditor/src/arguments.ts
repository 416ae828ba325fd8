import { commandLineConfig, eventStoreConfig, WrongUse } from '@florin/configuration';
import { marketOfLedger, markets } from '@florin/contracts';
import { Malformed, SignerKey, VerifierKey } from '@florin/proofs';
import { z } from 'zod';
import type { Option } from './command.js';

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

/** Options that several commands take. */
export const ledgerOption = {
  type: 'string',
  takes: '<id>',
  about: 'the book, such as it-eur or its shard it-eur-2',
} as const satisfies Option;

export const urlOption = {
  type: 'string',
  takes: '<esdb://…>',
  about: "the event store; else the environment's EVENTSTORE_URL, or the file EVENTSTORE_URL_FILE",
} as const satisfies Option;

export const keyOption = {
  type: 'string',
  multiple: true,
  takes: '<public key>',
  about: 'a key of the book, once per key: /v1/ledgers/<id>/keys',
} as const satisfies Option;

/** What demands cosignatures. */
export const witnessOptions = {
  'witness-key': {
    type: 'string',
    multiple: true,
    takes: '<public key>',
    about: 'a key of a witness, once per witness',
  },
  witnesses: {
    type: 'string',
    takes: '<number>',
    about: 'how many of them must have co-signed (default: 1)',
  },
} as const satisfies Record<string, Option>;

const ledgers = Object.values(markets)
  .map(({ ledger }) => ledger)
  .join(', ');

/** A public key in the form of C2SP signed-note. Throws WrongUse. */
export function keyOf(text: string): VerifierKey {
  try {
    return VerifierKey.parse(text);
  } catch (error) {
    if (error instanceof Malformed) throw new WrongUse(`--key: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The public key of a witness. Throws WrongUse. */
export function witnessKeyOf(text: string): VerifierKey {
  try {
    const key = VerifierKey.parse(text);
    if (key.algorithm === 'cosignature/v1') return key;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new WrongUse(`--witness-key: ${error.message}`, { cause: error });
  }
  throw new WrongUse('--witness-key: is not the key of a witness, which new-key <name> --witness makes');
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
  if (url === '')
    throw new WrongUse('--url is empty: give an address such as esdb://127.0.0.1:2113?tls=false');
  const schema = z.object({ '--url': eventStoreConfig.EVENTSTORE_URL });
  return commandLineConfig(schema, { '--url': url })['--url'];
}

/** A ledger that there is, or none. Throws WrongUse. */
export function ledgerOf(ledger: string | undefined): string | undefined {
  if (ledger === undefined || marketOfLedger(ledger) !== undefined) return ledger;
  throw new WrongUse(`"${ledger}" is not a ledger; there are ${ledgers}`);
}
