import { inspect } from 'node:util';
import { generateKey, isKeyName, SignerKey, VerifierKey } from './keys.js';

/** The keys that the documentation of golang.org/x/mod/sumdb/note shows. */
const secret = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const signer = `PRIVATE+KEY+PeterNeumann+c74f20a3+${secret}`;
const verifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

const malformed = expect.objectContaining({ name: 'Malformed' }) as Error;

describe('a verifier key', () => {
  it('is read and written as sumdb/note does', () => {
    const key = VerifierKey.parse(verifier);
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', algorithm: 'ed25519' });
    expect(key.toString()).toBe(verifier);
    expect(JSON.stringify({ key })).toBe(`{"key":"${verifier}"}`);
  });

  it('of a witness has another id than the same key that signs notes', () => {
    const witness = new SignerKey(
      'PeterNeumann',
      'cosignature/v1',
      Buffer.from(secret, 'base64').subarray(1),
    );
    const encoded = witness.verifier.toString();
    expect(encoded).toMatch(/^PeterNeumann\+[0-9a-f]{8}\+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq\/LDE4izWy10TW$/);
    expect(witness.id).not.toBe('c74f20a3');
    expect(VerifierKey.parse(encoded)).toMatchObject({ algorithm: 'cosignature/v1', id: witness.id });
  });

  it.each([
    ['', 'nothing'],
    ['PeterNeumann', 'no key'],
    ['PeterNeumann+c74f20a3', 'no key'],
    [verifier.replace('c74f20a3', 'c74f20a4'), 'another id'],
    [verifier.replace('c74f20a3', 'C74F20A3'), 'an id in capitals'],
    [verifier.replace('PeterNeumann', 'PeterNeumanm'), 'another name'],
    [verifier.replace('PeterNeumann', 'Peter Neumann'), 'a name with a space'],
    [verifier.replace('ARpc', 'ARpd'), 'another key'],
    [`${verifier}=`, 'padding too many'],
    [`${verifier}\n`, 'a line feed'],
    ['PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'an unknown algorithm'],
    ['PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==', 'a key too long'],
  ])('is not read from %j: %s', (encoded) => {
    expect(() => VerifierKey.parse(encoded)).toThrow(malformed);
  });
});

describe('a signer key', () => {
  it('is read and revealed as sumdb/note does, and knows its public part', () => {
    const key = SignerKey.parse(signer);
    expect(key.reveal()).toBe(signer);
    expect(key.verifier.toString()).toBe(verifier);
  });

  it('made anew is another each time, and is read back', () => {
    const keys = [generateKey('florin.example/it-eur'), generateKey('florin.example/it-eur')];
    expect(new Set(keys.map((key) => key.reveal())).size).toBe(2);
    for (const key of [...keys, generateKey('witness.example', 'cosignature/v1')]) {
      const again = SignerKey.parse(key.reveal());
      expect([again.name, again.id, again.algorithm]).toEqual([key.name, key.id, key.algorithm]);
      expect(VerifierKey.parse(key.toString()).verify(Buffer.of(1), key.sign(Buffer.of(1)))).toBe(true);
    }
  });

  it('signs under another name as well, with another id', () => {
    const key = generateKey('florin.example/ledger');
    const other = key.named('florin.example/ledger/it-eur');
    expect([other.name, other.id === key.id]).toEqual(['florin.example/ledger/it-eur', false]);
    expect(key.verifier.named(other.name).toString()).toBe(other.verifier.toString());
    expect(key.verifier.verify(Buffer.of(1), other.sign(Buffer.of(1)))).toBe(true);
  });

  it('is never printed with its secret', () => {
    const key = SignerKey.parse(signer);
    const printed = [`${String(key)}`, JSON.stringify(key), inspect(key, { depth: 9, showHidden: true })];
    const bytes = Buffer.from(secret, 'base64').subarray(1);
    for (const text of [...printed, JSON.stringify({ ...key })]) {
      for (const form of [secret, bytes.toString('hex'), bytes.toString('base64').slice(0, 40), 'PRIVATE']) {
        expect(text).not.toContain(form);
      }
    }
    expect(printed[0]).toBe(verifier);
  });

  it.each([
    verifier,
    signer.slice(8),
    signer.replace('c74f20a3', 'c74f20a4'),
    signer.replace('+AYEK', '+BYEK'),
    `${signer}AAAA`,
    '',
  ])('is not read from another text, which the error does not repeat', (encoded) => {
    let error: unknown;
    try {
      SignerKey.parse(encoded);
    } catch (caught) {
      error = caught;
    }
    expect(error).toEqual(malformed);
    expect(inspect(error)).not.toContain(secret.slice(10));
  });
});

describe('isKeyName', () => {
  it.each(['florin.example/it-eur', 'città', 'a'.repeat(255)])('takes %s', (name) => {
    expect(isKeyName(name)).toBe(true);
  });

  it.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\u2028b', 'a\nb', 'a\u0000', '\ud800', 'a'.repeat(256)])(
    'refuses %j',
    (name) => {
      expect(isKeyName(name)).toBe(false);
      expect(() => generateKey(name)).toThrow(malformed);
    },
  );
});
