import { ledgerOrigin } from '@florin/books';
import type { Market } from '@florin/contracts';
import { SignerKey, VerifierKey } from '@florin/proofs';
import type { WalletConfig } from '../config.js';

/** The keys of one book, named as its checkpoints name it. */
export interface BookKeys {
  /** Signs from now on. */
  readonly signer: SignerKey;
  /** Signed before; the newest of them first, as they are configured. */
  readonly earlier: readonly VerifierKey[];
}

/** Public keys of a book, the one that signs now first. */
export type PublicKeys = readonly [VerifierKey, ...VerifierKey[]];

/** The keys that the configuration gives a book. */
export function keysOf(config: WalletConfig, ledger: string): BookKeys {
  const origin = ledgerOrigin(config.LEDGER_ORIGIN, ledger);
  return {
    signer: SignerKey.parse(config.LEDGER_SIGNING_KEY).named(origin),
    earlier: (config.LEDGER_SIGNING_KEYS_OLD ?? []).map((key) => VerifierKey.parse(key).named(origin)),
  };
}

/** The public part of the keys of a book. */
export function publicKeysOf({ signer, earlier }: BookKeys): PublicKeys {
  return [signer.verifier, ...earlier];
}

/** The public keys of each of these books. */
export function publicKeysOfBooks(
  config: WalletConfig,
  books: readonly Market[],
): ReadonlyMap<string, PublicKeys> {
  return new Map(books.map(({ ledger }) => [ledger, publicKeysOf(keysOf(config, ledger))]));
}
