import { loadConfig } from '@florin/configuration';
import { generateKey } from '@florin/proofs';
import { openApiDocument, routesOf } from '@florin/service-host';
import { walletConfig } from '../config.js';
import { ProofController } from './proof.controller.js';
import { toLedgerKeys } from './proof.dto.js';
import { keysOf, publicKeysOf } from './signing.js';

const signer = generateKey('florin.example/ledger');
const old = generateKey('florin.example/ledger');
const env = {
  ...{ PORT: '0', ISSUER: 'http://florin.local', JWKS_URL: 'http://127.0.0.1:1/jwks', MARKETS: 'it' },
  ...{ DATABASE_URL: 'postgres://wallet@127.0.0.1/wallet', KAFKA_BROKERS: '127.0.0.1:1' },
  ...{ EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false', LEDGER_SIGNING_KEY: signer.reveal() },
  LIABILITIES_SECRET: 'a secret for specs, not so short',
};

describe('the keys of a book', () => {
  it('are the configured ones under the name of the book', () => {
    const config = loadConfig(walletConfig, { ...env, LEDGER_SIGNING_KEYS_OLD: `${old}` });
    const keys = keysOf(config, 'it-eur');
    expect(keys.signer.name).toBe('florin.example/ledger/it-eur');
    const shown = toLedgerKeys('it-eur', publicKeysOf(keys), [
      { keyId: keys.earlier[0]!.id, from: 1, to: 9 },
    ]);
    expect(shown).toEqual({
      ledger: 'it-eur',
      origin: 'florin.example/ledger/it-eur',
      items: [
        { id: keys.signer.id, key: `${signer.named(keys.signer.name)}`, current: true, signed: null },
        {
          ...{ id: keys.earlier[0]?.id, key: `${old.named(keys.signer.name)}`, current: false },
          signed: { from: 1, to: 9 },
        },
      ],
    });
    expect(JSON.stringify(shown)).not.toContain('PRIVATE');
  });

  it.each([
    ['no key', { LEDGER_SIGNING_KEY: '' }, 'LEDGER_SIGNING_KEY: is missing'],
    ['a public key', { LEDGER_SIGNING_KEY: `${signer}` }, 'must be an Ed25519 signer key'],
    [
      'a key of another name',
      { LEDGER_ORIGIN: 'other.example' },
      'must have the name that LEDGER_ORIGIN says',
    ],
    [
      'a private key as an old one',
      { LEDGER_SIGNING_KEYS_OLD: old.reveal() },
      'must be Ed25519 verifier keys',
    ],
    [
      'a secret of liabilities that one could guess',
      { LIABILITIES_SECRET: 'short' },
      'LIABILITIES_SECRET: must have at least 32 characters',
    ],
  ])('are not taken from %s, which nothing repeats', (_, more, says) => {
    let message = '';
    try {
      loadConfig(walletConfig, { ...env, ...more });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(says);
    for (const key of [signer, old]) expect(message).not.toContain(key.reveal().slice(-20));
  });
});

describe('the documentation of proofs', () => {
  const { paths } = openApiDocument('wallet', routesOf([ProofController]));
  const at = (path: string): Record<string, unknown> => paths[`/v1/ledgers/{ledger}${path}`]!['get'] as never;

  it('says that all but the proofs of what is mine is for everybody', () => {
    const secured = Object.entries(paths).filter(([, { get }]) => (get!['security'] as unknown[]).length > 0);
    expect(secured.map(([path]) => path)).toEqual([
      '/v1/ledgers/{ledger}/entries/{entryId}/proof',
      '/v1/ledgers/{ledger}/liabilities/proof',
    ]);
  });

  it('says what a checkpoint is, and how a proof can fail', () => {
    expect(at('/checkpoints/latest')).toMatchObject({
      responses: { 200: { content: { 'text/plain': {} } } },
    });
    expect(JSON.stringify(at('/entries/{entryId}/proof'))).toContain('checkpoint-behind');
  });
});
