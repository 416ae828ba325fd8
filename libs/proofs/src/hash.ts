import { hash } from 'node:crypto';

/** A SHA-256 hash: 32 bytes. */
export type Hash = Buffer;

export const HASH_BYTES = 32;

/**
 * SHA-256 of bytes, or of a text's UTF-8 form. By way of a string of single bytes, because node:crypto makes that
 * about three times as fast as a Buffer.
 */
export function sha256(data: Uint8Array | string): Hash {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1');
}

/** Whether a value is 32 bytes, whatever it is said to be. */
export function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === HASH_BYTES;
}

/** Whether two hashes are the same bytes. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A hash in standard base64 with padding; `undefined` when the text is not the one base64 form of 32 bytes. */
export function hashFromBase64(text: string): Hash | undefined {
  const bytes = bytesFromBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

/** Bytes of standard base64 (RFC 4648, section 4) in its one form, with padding; otherwise `undefined`. */
export function bytesFromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
