import {
  baseConfig,
  commaList,
  databaseConfig,
  eventStoreConfig,
  httpUrl,
  integerText,
  kafkaConfig,
  marketsConfig,
  secretFromFile,
  switchText,
} from '@florin/configuration';
import { isKeyName, Malformed, SignerKey, VerifierKey } from '@florin/proofs';
import { z } from 'zod';
import { witnessConfig } from './proofs/witnesses.js';

/** How the heads of books are signed: each book's key is this one under the book's own name. */
const signingConfig = {
  LEDGER_ORIGIN: z
    .string()
    .refine(isKeyName, 'must be a name without spaces and pluses, such as florin.example/ledger')
    .default('florin.example/ledger')
    .meta({
      description: 'What the checkpoints of all ledgers are named after, and the keys that sign them',
    }),
  LEDGER_SIGNING_KEY: secretFromFile(
    'Key that signs the checkpoints (C2SP signed-note, Ed25519): PRIVATE+KEY+<LEDGER_ORIGIN>+<id>+<base64>',
  ).refine((text) => isKey(text, SignerKey), {
    error: 'must be an Ed25519 signer key: PRIVATE+KEY+…',
    abort: true,
  }),
  LEDGER_SIGNING_KEYS_OLD: commaList(
    z
      .string()
      .refine((text) => isKey(text, VerifierKey), 'must be Ed25519 verifier keys: <name>+<id>+<base64>'),
  )
    .optional()
    .meta({
      description: 'Public keys that signed checkpoints before, separated by commas, the newest first',
    }),
  LIABILITIES_SECRET: secretFromFile(
    'Secret that hides who is in the proofs of liabilities; with another one, those that were signed cannot be given any more',
  ).min(32, 'must have at least 32 characters'),
  LIABILITIES_MS: integerText(1_000, 604_800_000).default(3_600_000).meta({
    description: 'After so many milliseconds a checkpoint says again what is owed to users',
  }),
  CHECKPOINT_ENTRIES: integerText(1, 1_000_000).default(1_000).meta({
    description: 'A checkpoint is signed after so many events of a ledger at the latest',
  }),
  CHECKPOINT_MS: integerText(100, 3_600_000).default(5_000).meta({
    description: 'A checkpoint is signed so many milliseconds after an event at the latest',
  }),
};

function isKey(text: string, kind: { parse(text: string): SignerKey | VerifierKey }): boolean {
  try {
    return kind.parse(text).algorithm === 'ed25519';
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

export const walletConfig = baseConfig
  .extend({
    ...databaseConfig(4),
    ...kafkaConfig,
    ...eventStoreConfig,
    ...marketsConfig('Markets whose books this service keeps'),
    ...signingConfig,
    ...witnessConfig,
    PUBLIC_URL: httpUrl().optional().meta({
      description: 'Where people reach the public API: QR codes on statements lead there',
    }),
    ADVERTISED_URL: httpUrl().optional().meta({
      description: 'Where the other instances reach this one; by default its host name and port',
    }),
    LEDGER_ALONE: switchText().meta({
      description:
        'Whether nothing is published, projected and notarised, to measure the ledger alone; never in production',
    }),
    TEST_MONEY: switchText().meta({
      description: 'Whether people may fund their wallet with test money; never in production',
    }),
  })
  .refine((config) => !(config.LEDGER_ALONE && config.NODE_ENV === 'production'), {
    path: ['LEDGER_ALONE'],
    error: 'must not be true when NODE_ENV is production',
  })
  .refine((config) => !(config.TEST_MONEY && config.NODE_ENV === 'production'), {
    path: ['TEST_MONEY'],
    error: 'must not be true when NODE_ENV is production',
  })
  .refine((config) => SignerKey.parse(config.LEDGER_SIGNING_KEY).name === config.LEDGER_ORIGIN, {
    path: ['LEDGER_SIGNING_KEY'],
    error: 'must have the name that LEDGER_ORIGIN says',
  });

export type WalletConfig = z.output<typeof walletConfig>;
