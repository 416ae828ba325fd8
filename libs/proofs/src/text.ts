import { Malformed } from './malformed.js';

export interface TextLimit {
  /** What the text is, for the message of an error. */
  readonly what: string;
  readonly maxBytes: number;
}

/** ASCII control characters other than the line feed. */
const CONTROL = /[^\P{Cc}\n\u007f-\u009f]/u;

/** A text of lines: UTF-8, not too long, without control characters. Throws `Malformed` for anything else. */
export function textOf(message: string | Uint8Array, { what, maxBytes }: TextLimit): string {
  const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
  if (bytes > maxBytes) throw new Malformed(`${what}: more than ${maxBytes} bytes`);
  const text = typeof message === 'string' ? message : decode(message);
  if (text?.isWellFormed() !== true || CONTROL.test(text)) {
    throw new Malformed(`${what}: not a text of lines in UTF-8`);
  }
  return text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is part of what was signed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
