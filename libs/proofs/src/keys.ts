import { createPrivateKey, createPublicKey, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { bytesFromBase64, sha256 } from './hash.js';
import { Malformed } from './malformed.js';

/**
 * What an Ed25519 key signs: the text of a note (C2SP signed-note), or, for a witness, the time and the text of a
 * checkpoint (C2SP tlog-cosignature).
 */
export type KeyAlgorithm = 'ed25519' | 'cosignature/v1';

const typeBytes: Readonly<Record<KeyAlgorithm, number>> = { ed25519: 0x01, 'cosignature/v1': 0x04 };

const KEY_BYTES = 32;
const MAX_NAME_CHARACTERS = 255;
/** A name stands in a line of a note, and in an encoded key between pluses. */
const NAME = /^[^\p{White_Space}\p{Cc}+]+$/u;

/** Whether a text can be the name of a key: no space, no plus, 255 characters at most (C2SP signed-note). */
export function isKeyName(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && name.isWellFormed() && NAME.test(name);
}

/** The public part of a key: who signs with it is known by name and id. */
export class VerifierKey {
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), in hex. */
  readonly id: string;
  readonly #publicKey: KeyObject;
  readonly #bytes: Buffer;
  readonly #encoded: string;

  /** Reads `name+id+base64(type ‖ public key)`. Throws `Malformed` for anything else. */
  static parse(encoded: string): VerifierKey {
    const { name, id, algorithm, bytes } = decodeKey(encoded, 'verifier key');
    const key = new VerifierKey(name, algorithm, bytes);
    if (key.id !== id) throw new Malformed('verifier key: the id is not that of the key');
    return key;
  }

  constructor(
    readonly name: string,
    readonly algorithm: KeyAlgorithm,
    publicKey: Uint8Array,
  ) {
    if (!isKeyName(name)) throw new Malformed('a key needs a name without spaces and pluses');
    const typed = Buffer.from([typeBytes[algorithm], ...publicKey]);
    this.id = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).toString('hex', 0, 4);
    this.#publicKey = importPublicKey(publicKey);
    this.#bytes = Buffer.from(publicKey);
    this.#encoded = `${name}+${this.id}+${typed.toString('base64')}`;
  }

  /** The same key under another name, and so with another id. */
  named(name: string): VerifierKey {
    return new VerifierKey(name, this.algorithm, this.#bytes);
  }

  /** Whether a raw Ed25519 signature of 64 bytes is this key's over the message. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, message, this.#publicKey, signature);
  }

  toString(): string {
    return this.#encoded;
  }

  toJSON(): string {
    return this.#encoded;
  }
}

/** A key that signs. Whatever prints it prints its public part; only `reveal` gives the secret away. */
export class SignerKey {
  readonly verifier: VerifierKey;
  readonly #privateKey: KeyObject;
  readonly #seed: Buffer;

  /** Reads `PRIVATE+KEY+name+id+base64(type ‖ seed)`. Throws `Malformed`, which repeats nothing of it. */
  static parse(encoded: string): SignerKey {
    const rest = encoded.startsWith(PRIVATE) ? encoded.slice(PRIVATE.length) : '';
    const { name, id, algorithm, bytes } = decodeKey(rest, 'signer key');
    const key = new SignerKey(name, algorithm, bytes);
    if (key.id !== id) throw new Malformed('signer key: the id is not that of the key');
    return key;
  }

  constructor(name: string, algorithm: KeyAlgorithm, seed: Uint8Array) {
    this.#seed = Buffer.from(seed);
    this.#privateKey = importPrivateKey(this.#seed);
    const { x = '' } = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    this.verifier = new VerifierKey(name, algorithm, Buffer.from(x, 'base64url'));
  }

  get name(): string {
    return this.verifier.name;
  }

  get id(): string {
    return this.verifier.id;
  }

  get algorithm(): KeyAlgorithm {
    return this.verifier.algorithm;
  }

  /** The same key under another name, and so with another id. */
  named(name: string): SignerKey {
    return new SignerKey(name, this.algorithm, this.#seed);
  }

  /** The raw Ed25519 signature (RFC 8032) of a message: 64 bytes. */
  sign(message: Uint8Array): Buffer {
    return sign(null, message, this.#privateKey);
  }

  /** The encoded key with its secret, as `parse` reads it: for the one place where it is kept. */
  reveal(): string {
    const typed = Buffer.from([typeBytes[this.algorithm], ...this.#seed]);
    return `${PRIVATE}${this.name}+${this.id}+${typed.toString('base64')}`;
  }

  toString(): string {
    return this.verifier.toString();
  }

  toJSON(): string {
    return this.verifier.toJSON();
  }
}

const PRIVATE = 'PRIVATE+KEY+';

/** Makes a new key out of 32 random bytes. */
export function generateKey(name: string, algorithm: KeyAlgorithm = 'ed25519'): SignerKey {
  return new SignerKey(name, algorithm, randomBytes(KEY_BYTES));
}

const ENCODED = /^(?<name>[^+]+)\+(?<id>[0-9a-f]{8})\+(?<base64>[A-Za-z0-9+/=]{1,100})$/u;

/** The parts of an encoded key, as golang.org/x/mod/sumdb/note writes it, save that nobody checked the id. */
function decodeKey(
  encoded: string,
  what: string,
): { name: string; id: string; algorithm: KeyAlgorithm; bytes: Buffer } {
  const { name = '', id = '', base64 = '' } = ENCODED.exec(encoded)?.groups ?? {};
  const typed = bytesFromBase64(base64);
  if (!isKeyName(name) || typed === undefined) throw new Malformed(`${what}: not of the form name+id+key`);
  const algorithm = (['ed25519', 'cosignature/v1'] as const).find((one) => typeBytes[one] === typed[0]);
  if (algorithm === undefined) throw new Malformed(`${what}: the algorithm is not known`);
  if (typed.length !== 1 + KEY_BYTES) throw new Malformed(`${what}: an Ed25519 key has ${KEY_BYTES} bytes`);
  return { name, id, algorithm, bytes: typed.subarray(1) };
}

/** What stands before the 32 bytes of a key in the ASN.1 forms that node:crypto reads (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function importPublicKey(bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_BYTES) throw new Malformed(`an Ed25519 key has ${KEY_BYTES} bytes`);
  return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
}

function importPrivateKey(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new Malformed(`an Ed25519 key has ${KEY_BYTES} bytes`);
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}
