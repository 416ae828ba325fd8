import { StatusCode, StatusError } from '../grpc/status.js';
import type { Uuid } from './messages.js';

const TEXT_BYTES = 36;
const DASH = '-'.charCodeAt(0);
/** Where the two digits of each of the 16 bytes are in the text, and where the dashes are. */
const DIGITS_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const DASHES_AT = [8, 13, 18, 23] as const;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const NOT_A_DIGIT = 0xff;
const VALUE_OF_DIGIT = new Uint8Array(256).fill(NOT_A_DIGIT);
for (const [value, digit] of DIGITS.entries()) {
  VALUE_OF_DIGIT[digit] = value;
  VALUE_OF_DIGIT[String.fromCharCode(digit).toUpperCase().charCodeAt(0)] = value;
}

/**
 * The 16 bytes of a UUID in either of its forms on the wire. Every event has one, so the text is read and written
 * as bytes.
 * @throws StatusError (invalid argument)
 */
export function uuidBytes(uuid: Uuid | undefined): Buffer {
  const bytes = uuid?.text === undefined ? fromHalves(uuid) : fromText(uuid.text);
  if (bytes !== undefined) return bytes;
  const message = `An event id must be a UUID, not "${uuid?.text?.toString('utf8', 0, TEXT_BYTES) ?? ''}".`;
  throw new StatusError(StatusCode.invalidArgument, message);
}

/** The usual text, in lower case. */
export function uuidText(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe(TEXT_BYTES);
  for (const at of DASHES_AT) text[at] = DASH;
  for (let index = 0; index < DIGITS_AT.length; index++) {
    const at = DIGITS_AT[index] as number;
    const byte = bytes[index] as number;
    text[at] = DIGITS[byte >> 4] as number;
    text[at + 1] = DIGITS[byte & 15] as number;
  }
  return text;
}

function fromText(text: Buffer): Buffer | undefined {
  if (text.length !== TEXT_BYTES || DASHES_AT.some((at) => text[at] !== DASH)) return undefined;
  const bytes = Buffer.allocUnsafe(16);
  for (let index = 0; index < DIGITS_AT.length; index++) {
    const at = DIGITS_AT[index] as number;
    const high = VALUE_OF_DIGIT[text[at] as number] as number;
    const low = VALUE_OF_DIGIT[text[at + 1] as number] as number;
    if (high === NOT_A_DIGIT || low === NOT_A_DIGIT) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

function fromHalves(uuid: Uuid | undefined): Buffer | undefined {
  const { mostSignificant, leastSignificant } = uuid?.structured ?? {};
  if (mostSignificant === undefined || leastSignificant === undefined) return undefined;
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigInt64BE(mostSignificant, 0);
  bytes.writeBigInt64BE(leastSignificant, 8);
  return bytes;
}
