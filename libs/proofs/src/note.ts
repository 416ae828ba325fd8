import { bytesFromBase64 } from './hash.js';
import { isKeyName, type SignerKey, type VerifierKey } from './keys.js';
import { Malformed } from './malformed.js';
import { textOf } from './text.js';

/** One line below a note: who signed, and what the key made. Nothing is verified yet. */
export interface NoteSignature {
  readonly name: string;
  /** Id of the key, in hex. */
  readonly id: string;
  /** 64 bytes of Ed25519; before them, in a cosignature, 8 bytes of time. Other algorithms have other lengths. */
  readonly bytes: Buffer;
}

/** A text and the signatures below it (C2SP signed-note). The text ends with a line feed. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that a known key made. */
export interface VerifiedSignature extends NoteSignature {
  readonly key: VerifierKey;
  /** When a witness signed, in seconds since the epoch; `undefined` for a plain signature, which names no time. */
  readonly timeS: number | undefined;
}

export interface OpenedNote {
  readonly text: string;
  /** At least one. */
  readonly signatures: readonly VerifiedSignature[];
  /** Signatures of keys that are not known, which say nothing. */
  readonly unknown: readonly NoteSignature[];
}

/** A note that no known key has signed, or under which a known key's signature is wrong. */
export class NoteUnverified extends Error {
  override readonly name = 'NoteUnverified';

  constructor(
    readonly code: 'unsigned' | 'signature_invalid',
    message: string,
  ) {
    super(message);
  }
}

export const MAX_NOTE_BYTES = 256 * 1024;
export const MAX_SIGNATURES = 100;
const limit = { what: 'note', maxBytes: MAX_NOTE_BYTES };

/** Reads a signed note, and verifies nothing. Throws `Malformed`. */
export function parseNote(message: string | Uint8Array): Note {
  const note = textOf(message, limit);
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new Malformed('note: no empty line before the signatures');
  if (!note.endsWith('\n')) throw new Malformed('note: no line feed at the end');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new Malformed(`note: more than ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/** Writes a signed note, signatures in the order given. Throws `Malformed` for what would not be read back. */
export function formatNote({ text, signatures }: Note): string {
  if (!text.endsWith('\n')) throw new Malformed('note: the text does not end with a line feed');
  if (signatures.length === 0) throw new Malformed('note: no signature');
  const note = textOf(`${text}\n${signatures.map(formatSignature).join('')}`, limit);
  if (signatures.length > MAX_SIGNATURES) throw new Malformed(`note: more than ${MAX_SIGNATURES} signatures`);
  return note;
}

const DASH = '\u2014 ';
const ID_BYTES = 4;

/** Reads the line of one signature, without its line feed. Throws `Malformed`. */
export function parseSignature(line: string): NoteSignature {
  const [name = '', base64 = '', ...rest] = line.slice(DASH.length).split(' ');
  const bytes = bytesFromBase64(base64);
  if (!line.startsWith(DASH) || !isKeyName(name) || rest.length > 0 || bytes === undefined) {
    throw new Malformed('note: not the line of a signature');
  }
  if (bytes.length <= ID_BYTES) throw new Malformed('note: a signature without a signature');
  return { name, id: bytes.toString('hex', 0, ID_BYTES), bytes: bytes.subarray(ID_BYTES) };
}

/** Writes the line of one signature, with its line feed: what a witness answers. */
export function formatSignature({ name, id, bytes }: NoteSignature): string {
  return `${DASH}${name} ${Buffer.concat([Buffer.from(id, 'hex'), bytes]).toString('base64')}\n`;
}

/** Signs a text that ends with a line feed. Throws a TypeError for the key of a witness. */
export function signNote(text: string, key: SignerKey): NoteSignature {
  if (key.algorithm !== 'ed25519') throw new TypeError(`${key.name} signs checkpoints as a witness only`);
  return { name: key.name, id: key.id, bytes: key.sign(Buffer.from(text)) };
}

/** Signs the text of a checkpoint as a witness who has seen it at `timeS` (C2SP tlog-cosignature, Ed25519). */
export function cosignNote(text: string, key: SignerKey, timeS: number): NoteSignature {
  if (key.algorithm !== 'cosignature/v1') throw new TypeError(`${key.name} is not the key of a witness`);
  if (!Number.isSafeInteger(timeS) || timeS <= 0)
    throw new RangeError(`${timeS} is no time of a cosignature`);
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(timeS));
  return { name: key.name, id: key.id, bytes: Buffer.concat([time, key.sign(cosigned(text, timeS))]) };
}

/**
 * Reads a note and verifies every signature of a known key; those of others are set aside. Throws `Malformed`, and
 * `NoteUnverified` when a known key's signature is wrong or there is none at all.
 */
export function openNote(message: string | Uint8Array, keys: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = parseNote(message);
  const known: VerifiedSignature[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of signatures) {
    const { name, id } = signature;
    const candidates = keys.filter((key) => key.name === name && key.id === id);
    if (candidates.length === 0) {
      unknown.push(signature);
      continue;
    }
    const verified = candidates.map((key) => verify(text, signature, key)).find((one) => one !== undefined);
    if (verified === undefined) {
      throw new NoteUnverified('signature_invalid', `the signature of ${name}+${id} is wrong`);
    }
    known.push(verified);
  }
  if (known.length === 0) throw new NoteUnverified('unsigned', 'no known key has signed');
  return { text, signatures: known, unknown };
}

function verify(text: string, signature: NoteSignature, key: VerifierKey): VerifiedSignature | undefined {
  const { bytes } = signature;
  if (key.algorithm === 'ed25519') {
    return key.verify(Buffer.from(text), bytes) ? { ...signature, key, timeS: undefined } : undefined;
  }
  if (bytes.length <= TIME_BYTES) return undefined;
  const timeS = Number(bytes.readBigUInt64BE());
  if (!Number.isSafeInteger(timeS)) return undefined;
  return key.verify(cosigned(text, timeS), bytes.subarray(TIME_BYTES))
    ? { ...signature, key, timeS }
    : undefined;
}

const TIME_BYTES = 8;

/** What a witness signs: the time, and the whole text of the checkpoint. */
function cosigned(text: string, timeS: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeS}\n${text}`);
}
