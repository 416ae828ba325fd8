import { NotCosigned } from '@florin/books';
import { loadConfig } from '@florin/configuration';
import { generateKey } from '@florin/proofs';
import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { watchWitnesses, witnessConfig, witnessesOf } from './witnesses.js';

const key = generateKey('witness.example', 'cosignature/v1');
const other = generateKey('other.example', 'cosignature/v1');

describe('the witnesses of the configuration', () => {
  const config = (WITNESSES: string) => loadConfig(z.object(witnessConfig), { WITNESSES });

  it('are keys with addresses', () => {
    const found = witnessesOf(config(`${key} https://witness.example/x, ${other} http://127.0.0.1:8300`));
    expect(found.map(({ keys, url }) => [url, ...keys.map(String)])).toEqual([
      ['https://witness.example/x', `${key}`],
      ['http://127.0.0.1:8300', `${other}`],
    ]);
    expect(witnessesOf(config(''))).toEqual([]);
  });

  it.each([
    ['no address', `${key}`],
    ['no key', 'https://witness.example'],
    ['another kind of address', `${key} ftp://witness.example`],
    ['the key of a ledger', `${generateKey('florin.example/ledger')} https://witness.example`],
    ['a secret', `${key.reveal()} https://witness.example`],
    ['one witness twice', `${key} http://a.example,${key} http://b.example`],
    [
      'too many',
      Array.from({ length: 17 }, (_, i) => `${generateKey(`w${i}`, 'cosignature/v1')} http://w`).join(),
    ],
  ])('are refused with %s', (_, text) => {
    expect(() => config(text)).toThrow(/^WITNESSES: must /);
    expect(() => config(text)).not.toThrow(/PRIVATE/);
  });
});

it('what witnesses do is told by metrics, and by the log where they do not sign', async () => {
  const metrics = new Registry();
  const logger = { warn: jest.fn(), error: jest.fn() };
  const watch = watchWitnesses({ metrics, logger } as never);
  const witness = { url: 'http://witness.example', keys: [key.verifier] };
  watch.cosigned('it-eur', witness, 7);
  watch.failed('it-eur', witness, new NotCosigned('unreachable', 'no answer'), 1);
  watch.failed('it-eur', undefined, new Error('store'), 1);
  expect(logger.error).not.toHaveBeenCalled();
  watch.failed('it-eur', witness, new NotCosigned('inconsistent', 'the witness answers 422'), 2);
  expect(logger.warn).toHaveBeenCalledTimes(2);
  expect(logger.error).toHaveBeenCalledWith(
    expect.objectContaining({ ledger: 'it-eur', outcome: 'inconsistent', attempt: 2 }),
    'a witness refuses the book as inconsistent',
  );
  const text = await metrics.metrics();
  const labels = `ledger="it-eur",witness="${key.name}+${key.id}"`;
  for (const outcome of ['signed', 'unreachable', 'inconsistent']) {
    expect(text).toContain(`witness_answers_total{${labels},outcome="${outcome}"} 1`);
  }
  expect(text).toContain(`witness_cosigned_events{${labels}} 7`);
});
